import { type Document, isAlias, isNode, isScalar, type Node, visit } from 'yaml';
import type { Reference, Value } from './reference.ts';
import { unwritable } from './slot.ts';
import type { Survey } from './survey.ts';
import { renderValue, sameValue } from './value.ts';

/** A span of a text, and what is to stand there. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function nodesOf(documents: readonly Document[]): readonly Node[] {
  const nodes: Node[] = [];
  for (const document of documents) {
    visit(document, (_, node) => {
      if (isNode(node)) nodes.push(node);
    });
  }
  return nodes;
}

function isAlike(one: Node, other: Node): boolean {
  if (isAlias(one) || isAlias(other)) return isAlias(one) && isAlias(other) && one.source === other.source;
  if (one.constructor !== other.constructor || one.anchor !== other.anchor || one.tag !== other.tag) return false;
  return !isScalar(one) || !isScalar(other) || Object.is(one.value, other.value);
}

/** That the documents are the same but for scalars that were edited, which are strings now. */
function checkNodes(before: readonly Node[], after: readonly Node[], edits: readonly Edit[]): void {
  const sorted = [...edits].sort((one, other) => one.start - other.start);
  let next = 0;
  let edited = 0;
  if (before.length !== after.length) throw unwritable('The file would not be the same around what was set.');
  for (const [index, one] of before.entries()) {
    const other = after[index] as Node;
    const [start, end] = one.range ?? [0, 0];
    const isHost = isScalar(one) && (sorted[next]?.start ?? Number.POSITIVE_INFINITY) <= end;
    while (isScalar(one) && (sorted[next]?.start ?? Number.POSITIVE_INFINITY) <= end) next += 1;
    if (isHost && isScalar(other) && typeof other.value === 'string' && one.anchor === other.anchor) edited += 1;
    else if (!isAlike(one, other)) throw unwritable(`The value at ${start} would change, and should not.`);
  }
  if (next < sorted.length || edited === 0) throw unwritable('What was set is not a value.');
}

/** What a reference holds after it was set, in the parts that it carries. */
function expected({ value, carries }: Reference, asked: Value | undefined): Value {
  if (asked === undefined) return value;
  const of = (part: keyof Value): string | null => (carries.includes(part) ? asked[part] || null : value[part]);
  return { name: of('name'), tag: of('tag'), digest: of('digest') };
}

/** That the file names the same references, with the values that were asked for. */
function checkValues(before: Survey, after: Survey, edits: readonly Edit[], values: ReadonlyMap<string, Value>): void {
  if (before.located.length !== after.located.length) throw unwritable('The file would not name the same references.');
  const starts = new Set(edits.map(({ start }) => start));
  for (const [index, { reference, written }] of before.located.entries()) {
    const { id, value } = after.located[index]?.reference ?? reference;
    const asked = values.get(reference.id);
    if (id !== reference.id) throw unwritable(`${JSON.stringify(reference.id)} would be called ${JSON.stringify(id)}.`);
    // What is not asked for may still be changed, through an alias.
    if (asked === undefined && written.some(({ slot }) => starts.has(slot.start))) continue;
    if (!sameValue(expected(reference, asked), value))
      throw unwritable(`${JSON.stringify(id)} would hold ${JSON.stringify(renderValue(value))}.`);
  }
}

/**
 * That an edit did what was asked, and nothing else, by what both texts say.
 *
 * @throws Rejected `ReferenceUnwritable`
 */
export function checkEdit(
  before: Survey,
  after: Survey,
  edits: readonly Edit[],
  values: ReadonlyMap<string, Value>,
): void {
  checkNodes(nodesOf(before.documents), nodesOf(after.documents), edits);
  checkValues(before, after, edits, values);
}
