import { type Document, LineCounter, type Scalar } from 'yaml';
import { Rejected } from '../errors.ts';
import { parseImage } from '../image/image.ts';
import { insideOf } from './embedded.ts';
import { type Marker, markersIn } from './marker.ts';
import { mentions } from './mention.ts';
import type { Problem, Reference } from './reference.ts';
import { type Candidate, withoutShared } from './shared.ts';
import type { Sketch, Written } from './sketch.ts';
import { slotOf } from './slot.ts';
import { readSource, type Source } from './source.ts';
import { type Visitor, Walker } from './walk.ts';

/** How deep YAML is followed into strings of YAML. */
const MAX_INSIDE = 2;

/** A reference, and what has to be written to set it. */
export interface Located {
  readonly reference: Reference;
  readonly written: readonly Written[];
}

export interface Survey {
  /** In the order of the file. */
  readonly located: readonly Located[];
  readonly problems: readonly Problem[];
  readonly documents: readonly Document[];
}

type Draft = Located & { readonly offset: number };

/** Looks through a file and the strings of YAML in it. */
class Surveyor {
  readonly drafts: Draft[] = [];
  readonly candidates: Candidate[] = [];
  readonly problems: Problem[] = [];
  readonly #lines: LineCounter;
  readonly #images: ReadonlySet<string>;

  constructor(lines: LineCounter, images: ReadonlySet<string>) {
    this.#lines = lines;
    this.#images = images;
  }

  problem(reason: string, offset: number, message: string): void {
    this.problems.push({ reason, message, line: this.lineOf(offset) });
  }

  lineOf(offset: number): number {
    return this.#lines.linePos(offset).line;
  }

  look(source: Source, inside: string, depth: number): void {
    const markers = new Map<number, Marker>();
    for (const marker of markersIn(source.text)) {
      if (marker.policy === null) this.#misread(source, marker);
      if (marker.scalar === null) this.#misplaced(source, marker);
      else markers.set(marker.scalar, marker);
    }
    const markerOf = (scalar: Scalar): Marker | undefined => markers.get(scalar.range?.[0] ?? -1);
    const used = new Set<Marker>();
    const visitor: Visitor = {
      isMarked: (scalar) => markerOf(scalar) !== undefined,
      scalar: (scalar, id) => {
        const marker = markerOf(scalar);
        if (marker === undefined) return;
        used.add(marker);
        if (marker.policy !== null) this.#marked(source, scalar, marker, marker.policy, id);
      },
      sketch: (sketch, id) => {
        if (!sketch.nodes.some((node) => markerOf(node))) this.#sketched(source, sketch, id);
      },
      ambiguous: (sketch, name) => {
        if (!this.#images.has(sketch.image) || sketch.nodes.some((node) => markerOf(node))) return;
        const message = `The list has several entries for ${JSON.stringify(name)}; which of them counts is not clear.`;
        this.problem('ReferenceAmbiguous', offsetOf(source, sketch), message);
      },
      embedded: (scalar, id) => this.#embedded(source, scalar, id, depth),
    };
    new Walker(source, visitor).walk(inside);
    for (const marker of markers.values()) if (!used.has(marker)) this.#misplaced(source, marker);
  }

  #misread(source: Source, { offset }: Marker): void {
    const message = 'The marker is not of the form {"$imagepolicy": "<namespace>:<policy>[:name|:tag|:digest]"}.';
    this.problem('MarkerMalformed', source.place(offset), message);
  }

  #misplaced(source: Source, { policy, offset }: Marker): void {
    if (policy === null) return;
    const message = `The marker of ${policy} does not stand behind a value, on the line that the value ends on.`;
    this.problem('MarkerMisplaced', source.place(offset), message);
  }

  #marked(source: Source, scalar: Scalar, { part, offset }: Marker, policy: string, id: string): void {
    const inner = slotOf(scalar, source.text);
    if (inner === null || inner.text.includes('{{')) {
      const what = inner === null ? 'of several lines' : 'that a template engine fills in';
      this.problem('MarkerMisplaced', source.place(offset), `The marker of ${policy} stands at a value ${what}.`);
      return;
    }
    const slot = { ...inner, start: source.place(inner.start), end: source.place(inner.end) };
    const text = slot.text === '' ? null : slot.text;
    const name = part === 'image' || part === 'name' ? parseImage(slot.text) : null;
    const split = part === 'image' && name !== null ? { ...name, name: name.written } : null;
    const value = {
      name: split?.name ?? (part === 'image' || part === 'name' ? text : null),
      tag: split?.tag ?? (part === 'tag' ? text : null),
      digest: split?.digest ?? (part === 'digest' ? text : null),
    };
    const carries = part === 'image' ? (['name', 'tag', 'digest'] as const) : ([part] as const);
    const reference = { id, line: this.lineOf(slot.start), policy, image: name?.image ?? null, value, carries };
    this.drafts.push({ reference, written: [{ slot, form: part }], offset: slot.start });
  }

  #sketched(source: Source, sketch: Sketch, id: string): void {
    const offset = offsetOf(source, sketch);
    if (sketch.obstacle === null) this.candidates.push({ sketch, id, offset });
    else if (this.#images.has(sketch.image)) {
      const message = `What names ${sketch.image} here ${sketch.obstacle}, so that nothing can be set.`;
      this.problem('ReferenceIncomplete', offset, message);
    }
  }

  #embedded(source: Source, scalar: Scalar, id: string, depth: number): void {
    if (depth >= MAX_INSIDE || !mentions(String(scalar.value), this.#images)) return;
    const start = source.place(scalar.range?.[0] ?? 0);
    const inside = insideOf(scalar, source.text);
    try {
      if (inside !== null) {
        const place = (offset: number): number => source.place(inside.place(offset));
        this.look(readSource(inside.text, new LineCounter(), place), id, depth + 1);
        return;
      }
      const { located, problems } = survey(String(scalar.value), this.#images, depth + 1);
      if (located.length + problems.length > 0) {
        const message = 'This string holds references in YAML, which can be edited only in a literal block (`|`).';
        this.problem('ReferenceUnwritable', start, message);
      }
    } catch (fault) {
      if (!(fault instanceof Rejected)) throw fault;
      this.problem(fault.reason, start, `In the string that starts here: ${fault.message}`);
    }
  }
}

function offsetOf(source: Source, { written, nodes }: Sketch): number {
  return written[0]?.slot.start ?? source.place(nodes[0]?.range?.[0] ?? 0);
}

/** Ids of which no two are alike: the second of them gets `~2`. */
function numbered(drafts: readonly Draft[]): readonly Located[] {
  const counts = new Map<string, number>();
  return drafts.map(({ reference, written }) => {
    const count = (counts.get(reference.id) ?? 0) + 1;
    counts.set(reference.id, count);
    return { reference: count === 1 ? reference : { ...reference, id: `${reference.id}~${count}` }, written };
  });
}

/** Whether SOPS has signed all the values, also those that it left readable. */
function isSealed(document: Document): boolean {
  return document.hasIn(['sops', 'mac']) && document.getIn(['sops', 'mac_only_encrypted']) !== true;
}

/**
 * All references of a file: those with markers, and those that name one of these images.
 *
 * @throws Rejected `NotUtf8`, `TemplateFile`, `YamlInvalid`, `YamlTooLarge`, `YamlTooComplex`
 */
export function survey(text: string, images: ReadonlySet<string>, depth = 0): Survey {
  const lines = new LineCounter();
  const surveyor = new Surveyor(lines, images);
  const source = readSource(text, lines);
  surveyor.look(source, '', depth);
  for (const { candidate, told } of withoutShared(surveyor.candidates)) {
    const { sketch, id, offset } = candidate;
    if (!images.has(sketch.image)) continue;
    if (told !== null) surveyor.problem('ReferenceShared', offset, told);
    else {
      const { image, value, carries, written } = sketch;
      const reference = { id, line: surveyor.lineOf(offset), policy: null, image, value, carries };
      surveyor.drafts.push({ reference, written, offset });
    }
  }
  if (source.documents.some(isSealed)) {
    for (const { reference, offset } of surveyor.drafts.splice(0)) {
      const message = `SOPS has sealed this file, so that ${JSON.stringify(reference.id)} can't be set without its key.`;
      surveyor.problem('ReferenceSealed', offset, message);
    }
  }
  const drafts = surveyor.drafts.sort((one, other) => one.offset - other.offset);
  const problems = surveyor.problems.sort((one, other) => one.line - other.line);
  return { located: numbered(drafts), problems, documents: source.documents };
}
