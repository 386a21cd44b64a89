import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { printable } from '../printable.ts';
import { holdsYaml } from './embedded.ts';
import { parameterSketches } from './parameters.ts';
import { Reader, stringOf } from './reader.ts';
import { entrySketch, patchSketch, type Role, type Sketch, sketchesIn } from './sketch.ts';
import type { Source } from './source.ts';

const LONGEST_STEP = 200;

/** Where a node stands, as references are called. */
interface Place {
  /** `<kind>/<namespace>/<name>:`, or `#<number>:` for a document without a kind; with what it is inside of. */
  readonly owner: string;
  readonly kind: string;
  readonly path: string;
  /** Its key, or that of the list it is in; and the key above. */
  readonly key: string;
  readonly parent: string;
  /** Whether a chart is rendered with this, or may be. */
  readonly values: boolean;
  /** Whether what is named here is to be left alone, but for markers. */
  readonly mute: boolean;
  /** For an item of a list, how many are there of its name; else 0. */
  readonly namesakes: number;
}

/** Is told of each part of a document that matters. The ids are not yet unique. */
export interface Visitor {
  scalar(scalar: Scalar, id: string): void;
  sketch(sketch: Sketch, id: string): void;
  /** An entry of a kustomization that is not the only one for its name. */
  ambiguous(sketch: Sketch, name: string): void;
  /** A string that holds YAML. */
  embedded(scalar: Scalar, id: string): void;
  /** Whether a scalar is marked, so that an edit may change it, whatever it says. */
  isMarked(scalar: Scalar): boolean;
}

/** Keys below which a chart's values stand in other objects. */
const VALUES: ReadonlySet<string> = new Set(['values', 'valuesObject', 'valuesInline']);

/** Lists of a pod's containers, and of those that charts add to them. */
const CONTAINERS = /containers$/iu;
/** Objects that name images to choose their tags, and have none themselves. */
const POLICIES = /^(?:image\.toolkit\.fluxcd\.io|argocd-image-updater\.argoproj\.io|gitferry\.dev)\//u;

/** A key or a name as a path has it: quoted where it could be taken for more. */
function step(text: string): string {
  const short = text.slice(0, LONGEST_STEP);
  return /^[\w@:/-][\w.@:/-]*$/u.test(short) ? short : printable(JSON.stringify(short));
}

function below(path: string, key: string): string {
  if (key === '') return path;
  return path === '' ? key : `${path}.${key}`;
}

function roleOf({ namesakes, key, values }: Place): Role {
  if (namesakes > 0 && CONTAINERS.test(key)) return 'container';
  return values ? 'values' : 'other';
}

/** Walks through the documents of a source, in order, and finds what names an image by its place. */
export class Walker {
  readonly #source: Source;
  readonly #reader: Reader;
  readonly #visitor: Visitor;

  constructor(source: Source, visitor: Visitor) {
    this.#source = source;
    this.#reader = new Reader(source);
    this.#visitor = visitor;
  }

  /** `inside` is the id of the string whose content this is; empty for a file. */
  walk(inside: string): void {
    let unnamed = 0;
    for (const { contents } of this.#source.documents) {
      const object = isMap(contents) ? this.#object(contents) : null;
      if (object === null) unnamed += 1;
      const name = inside !== '' && unnamed === 1 ? '' : `#${unnamed}:`;
      const owner = `${inside === '' ? '' : `${inside}>`}${object?.owner ?? name}`;
      const place = { path: '', key: '', parent: '', namesakes: 0, values: object === null };
      this.#node(contents, {
        ...place,
        kind: object?.kind ?? '',
        owner,
        mute: isMap(contents) && this.#isPolicy(contents),
      });
    }
  }

  /** What a Kubernetes object is called, by what no edit changes; null for what is none. */
  #object(map: YAMLMap): Pick<Place, 'owner' | 'kind'> | null {
    const { apiVersion, kind, metadata } = this.#reader.fields(map);
    if (this.#word(apiVersion) === '' || this.#word(kind) === '') return null;
    const { namespace, name } = isMap(metadata) ? this.#reader.fields(metadata) : {};
    const words = [kind, namespace, name].map((node) => this.#word(node));
    return { kind: this.#word(kind), owner: `${words.map((word) => (word === '' ? '' : step(word))).join('/')}:` };
  }

  #isPolicy(map: YAMLMap): boolean {
    return POLICIES.test(stringOf(this.#reader.fields(map).apiVersion));
  }

  #word(node: Node | null | undefined): string {
    return isScalar(node) && this.#visitor.isMarked(node) ? '' : stringOf(node);
  }

  #node(node: unknown, place: Place): void {
    if (isMap(node)) this.#map(node, place);
    else if (isSeq(node)) this.#list(node, place);
    else if (isScalar(node)) {
      this.#visitor.scalar(node, place.owner + place.path);
      if (holdsYaml(place.kind, place.key, place.parent)) this.#visitor.embedded(node, place.owner + place.path);
    }
  }

  #map(map: YAMLMap, place: Place): void {
    const fields = this.#reader.fields(map);
    const isEntry = place.namesakes > 0 && place.key === 'images';
    const entry = isEntry ? entrySketch(this.#reader, fields) : null;
    if (entry !== null && place.namesakes > 1) this.#visitor.ambiguous(entry, stringOf(fields.name));
    else if (entry !== null) this.#tell([entry], place);
    else this.#tell([...sketchesIn(this.#reader, fields, roleOf(place)), patchSketch(this.#reader, fields)], place);
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const path = below(place.path, step(name));
      const values = place.values || VALUES.has(name);
      const at = { ...place, path, values, key: name, parent: place.key, namesakes: 0 };
      if (name === 'parameters' && place.key === 'helm' && isSeq(value)) {
        this.#tell(parameterSketches(this.#reader, value), at);
      }
      this.#node(value, at);
    }
  }

  #list(list: YAMLSeq, place: Place): void {
    const names = list.items.map((item) => this.#nameOf(item));
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const [index, item] of list.items.entries()) {
      const name = names[index] ?? '';
      const namesakes = counts.get(name) ?? 0;
      const object = isMap(item) && place.path === 'items' ? this.#object(item) : null;
      const path = `${place.path}[${name !== '' && namesakes === 1 ? step(name) : index}]`;
      const at = { ...place, path, namesakes: name === '' ? 1 : namesakes };
      if (object === null || !isMap(item)) this.#node(item, at);
      else this.#node(item, { ...at, ...object, path: '', values: false, mute: this.#isPolicy(item) });
    }
  }

  #nameOf(item: unknown): string {
    return isMap(item) ? this.#word(this.#reader.fields(item).name) : '';
  }

  #tell(sketches: readonly (Sketch | null)[], place: Place): void {
    if (place.mute) return;
    for (const sketch of sketches) {
      if (sketch !== null) this.#visitor.sketch(sketch, place.owner + below(place.path, sketch.key));
    }
  }
}
