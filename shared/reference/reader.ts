import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import { type Slot, slotOf } from './slot.ts';
import type { Source } from './source.ts';

/** The fields of mappings that tell what they are, and what they name. */
const FIELDS = [
  ...['apiVersion', 'kind', 'metadata', 'name', 'namespace'],
  ...['image', 'imageTag', 'registry', 'repository', 'tag', 'digest', 'newName', 'newTag'],
  ...['op', 'path', 'value'],
] as const;
type Field = (typeof FIELDS)[number];
/** Null for a field without even an empty value. */
export type Fields = Readonly<Partial<Record<Field, Node | null>>>;

const KNOWN: ReadonlySet<unknown> = new Set(FIELDS);

/** Reads mappings as they are after aliases and merge keys, each once. */
export class Reader {
  readonly #source: Source;
  readonly #read = new Map<YAMLMap, Fields>();

  constructor(source: Source) {
    this.#source = source;
  }

  follow(node: unknown): unknown {
    return isAlias(node) ? this.#source.targets.get(node) : node;
  }

  fields(map: YAMLMap): Fields {
    const known = this.#read.get(map);
    if (known !== undefined) return known;
    const own: Partial<Record<string, Node | null>> = {};
    const merged: Fields[] = [];
    for (const { key, value } of map.items) {
      if (!isScalar(key)) continue;
      if (key.value === '<<') merged.push(...this.#merged(value));
      else if (KNOWN.has(key.value)) own[String(key.value)] = this.follow(value) as Node | null;
    }
    // Of several, the first that has a field gives it.
    const fields = Object.assign({}, ...merged.reverse(), own) as Fields;
    this.#read.set(map, fields);
    return fields;
  }

  /** Where a value can be written, in the file; null where it can't. */
  slot(node: unknown): Slot | null {
    const slot = isScalar(node) ? slotOf(node, this.#source.text) : null;
    if (slot === null) return null;
    return { ...slot, start: this.#source.place(slot.start), end: this.#source.place(slot.end) };
  }

  #merged(value: unknown): readonly Fields[] {
    const target = this.follow(value);
    const maps = isSeq(target) ? target.items.map((item) => this.follow(item)) : [target];
    return maps.filter(isMap).map((map) => this.fields(map));
  }
}

/** The text of a scalar that is a string; empty for anything else. */
export function stringOf(node: Node | null | undefined): string {
  return isText(node) ? node.value : '';
}

function isText(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string';
}
