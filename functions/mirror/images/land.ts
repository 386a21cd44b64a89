import { type Entry, type GitObject, type Oid, oidOf } from '../../../shared/git/object.ts';
import { placeOf } from '../../../shared/ledger/place.ts';
import { type Places, placesOf, REMOVED, recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import { setReferences } from '../../../shared/reference/edit.ts';
import type { Value } from '../../../shared/reference/reference.ts';
import { textOf } from '../../../shared/reference/text.ts';
import type { ImageUnit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { after, blank, commitRelease, type Part } from '../commit.ts';
import { cut } from '../message.ts';
import type { ImageConcern } from './concern.ts';
import type { Edit, ImageDecision, Placed } from './decide.ts';
import { noted } from './note.ts';
import type { Wanted } from './recorded.ts';
import { standingOf } from './value.ts';

type Landing = Extract<ImageDecision, { kind: 'land' }>;

/** What an image's release is, before it is committed. */
export function partOf(
  batch: Batch,
  { unit, changes }: ImageConcern,
  placed: readonly Placed[],
  wanted: Wanted | null,
  { changed }: Landing,
): Part {
  const { image } = unit.image;
  const source = wanted === null ? null : { image, ...wanted };
  const about = { version: wanted?.tag ?? null, content: wanted?.digest ?? REMOVED, root: '', source };
  const publisher = changes.findLast(({ digest }) => digest !== undefined && digest === wanted?.digest)?.publisher;
  const made = { ...blank(batch, unit.rule, about), changed, publisher: publisher ?? null };
  const stood = standings(placed);
  return { before: replaced(batch.state(unit.id), changed, stood, made.at), made, stood };
}

/** The state that knows what a release replaces, so that who reverts it is noticed. */
function replaced(state: UnitState, changed: Places, stood: Places, at: string): UnitState {
  const recorded = placesOf(state);
  const other = Object.keys(changed).filter(
    (place) => (recorded[place] ?? null) !== null && stood[place] !== undefined && stood[place] !== recorded[place],
  );
  return noted(state, Object.fromEntries(other.map((place) => [place, stood[place] ?? null])), at);
}

/** What these references say. */
export function standings(placed: readonly Placed[]): Places {
  return Object.fromEntries(
    placed.map(({ path, reference }) => [placeOf(path, reference.id), standingOf(reference.value)]),
  );
}

/** What is asked for stands already: the ledger learns it, and no commit is made. */
export function adoptImage(batch: Batch, unit: ImageUnit, { before, made, stood }: Part): void {
  batch.put(after(before, made, stood));
  const known = recordOf(before)?.content === made.content;
  const { version, content, source } = made;
  if (!known)
    batch.events.push({ ...batch.event(unit.id, source), type: 'adopted', version, content: content ?? REMOVED });
}

/** Drafts the commit that edits the references, and nothing else. Throws Rejected where that can't be done safely. */
export async function landImage(
  batch: Batch,
  concern: ImageConcern,
  part: Part,
  edits: readonly Edit[],
): Promise<void> {
  const { unit, changes } = concern;
  const { version, content } = part.made;
  const written = await editFiles(batch, edits);
  const told = changes.findLast(({ digest }) => digest === content);
  const event = told ?? changes.findLast(({ tag }) => tag !== undefined && tag === version);
  await commitRelease(batch, [part], {
    ...written,
    summary: subjectOf(unit, version),
    body: bodyOf(edits),
    claims: {},
    announced: event?.digest !== undefined && event.digest !== content ? event.digest : null,
    changedAt: event?.at ?? null,
  });
}

function subjectOf({ image }: ImageUnit, version: string | null): string {
  const name = image.name.slice(image.name.indexOf(':') + 1);
  return version === null ? `Restore ${name}` : `Release ${name} ${version}`;
}

export function bodyOf(edits: readonly Edit[]): string[] {
  const told = ({ tag, digest, name }: Value): string => tag ?? digest?.slice(0, 19) ?? name ?? 'nothing';
  return cut(
    edits.map(({ path, reference, value }) => {
      const [from, to] = [told(reference.value), told(value)];
      // The same tag pushed again: the digests tell the two apart.
      const digests = [reference.value.digest, value.digest].map((digest) => digest?.slice(0, 19) ?? 'no digest');
      return `${path}:${reference.line}: ${from === to ? `${from}, ${digests.join(' -> ')}` : `${from} -> ${to}`}`;
    }),
  );
}

/** The files with their references set. The paths must have been opened. */
export async function editFiles(
  batch: Batch,
  edits: readonly Edit[],
): Promise<{ edits: Map<string, Entry>; objects: Map<Oid, GitObject> }> {
  const { main } = batch.round;
  const byPath = Map.groupBy(edits, ({ path }) => path);
  await main.open([...byPath.keys()]);
  const texts = await main.read([...byPath.keys()]);
  const written = { edits: new Map<string, Entry>(), objects: new Map<Oid, GitObject>() };
  for (const [path, own] of byPath) {
    const values = new Map(own.map(({ reference, value }) => [reference.id, value]));
    const text = setReferences(textOf(texts.get(path) ?? new Uint8Array()), batch.references.images, values);
    const blob: GitObject = { type: 'blob', bytes: Buffer.from(text) };
    const oid = oidOf(blob);
    written.objects.set(oid, blob);
    written.edits.set(path, { mode: main.entry(path)?.mode ?? '100644', oid });
  }
  return written;
}
