import type { File } from '../../../shared/artifact/file.ts';
import type { ImageRule } from '../../../shared/config/config.ts';
import { oidOf } from '../../../shared/git/object.ts';
import { fileOf, placeOf } from '../../../shared/ledger/place.ts';
import { placesAt, placesOf, type UnitState } from '../../../shared/ledger/state.ts';
import { setReferences } from '../../../shared/reference/edit.ts';
import type { Reference, Value } from '../../../shared/reference/reference.ts';
import { renderValue, sameValue, valueFor } from '../../../shared/reference/value.ts';
import { imageUnit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import type { Brought } from './note.ts';
import { settle } from './plan.ts';
import { recordedValue, targetOf, type Wanted } from './recorded.ts';
import type { FileReferences } from './references.ts';
import { standingOf } from './value.ts';

/** Files on their way into the repository, with the references that they keep. */
export interface Carried {
  readonly files: readonly File[];
  /** References that a person edited and that the files would take away, by file and line. */
  readonly edited: readonly string[];
  /** References that are new in the tree. */
  readonly brought: readonly Brought[];
}

/**
 * Lets files land without moving any image: a reference that is in the tree keeps what it says, a new one says what its
 * policy's record says, so that an upload with yesterday's tag downgrades nothing. `files` by their paths in the
 * repository; `before`: paths that hold the unit's files now, opened; `wanted`: what images are released together with
 * them. Policies whose references came or differ are noted in `batch.stirred`.
 */
export async function carry(
  batch: Batch,
  files: readonly File[],
  before: readonly string[],
  wanted: ReadonlyMap<string, Wanted> = new Map(),
): Promise<Carried> {
  const { references, round } = batch;
  if (references.rules.length === 0) return { files, edited: [], brought: [] };
  const paths = [...new Set([...before, ...files.map(({ path }) => path)])].filter(
    (path) => references.covering(path).length > 0,
  );
  if (paths.length === 0) return { files, edited: [], brought: [] };
  await round.main.open(paths);
  const old = await references.at(paths);
  const fresh = new Map(
    files
      .filter(({ path }) => paths.includes(path))
      .map(({ path, bytes }) => [path, references.inside(path, oidOf({ type: 'blob', bytes }), bytes)]),
  );
  const rules = rulesIn(batch, [...old.values(), ...fresh.values()]);
  await settleRecorded(batch, rules);

  const brought: Brought[] = [];
  const carried = files.map((file) => {
    const values = valuesOf(batch, rules, fresh.get(file.path), old.get(file.path), wanted, brought);
    return values.size === 0 ? file : { ...file, bytes: withValues(file.bytes, references.images, values) };
  });
  const edited = [...old.values()].flatMap((file) => lostEdits(batch, rules, file, fresh.get(file.path)));
  return { files: carried, edited, brought };
}

/** What the references of one file keep or get, as far as that differs from what they bring. */
function valuesOf(
  batch: Batch,
  rules: readonly ImageRule[],
  fresh: FileReferences | undefined,
  old: FileReferences | undefined,
  wanted: ReadonlyMap<string, Wanted>,
  brought: Brought[],
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  for (const rule of rules) {
    const standing = new Map(old?.matched.get(rule.name)?.map((reference) => [reference.id, reference]));
    for (const reference of fresh?.matched.get(rule.name) ?? []) {
      const there = standing.get(reference.id);
      const together = wanted.get(rule.name);
      const value =
        together === undefined
          ? (there?.value ?? recordedValue(rule, batch.state(rule.name), reference))
          : valueFor(reference, targetOf(rule, together));
      if (there === undefined || !sameValue(there.value, reference.value)) batch.stirred.add(rule.name);
      if (there === undefined) {
        const place = placeOf(fresh?.path ?? '', reference.id);
        brought.push({ policy: rule.name, place, standing: standingOf(value ?? reference.value), from: null });
      }
      if (value !== null && !sameValue(value, reference.value)) values.set(reference.id, value);
    }
  }
  return values;
}

function withValues(bytes: Uint8Array, images: ReadonlySet<string>, values: ReadonlyMap<string, Value>): Uint8Array {
  return Buffer.from(setReferences(Buffer.from(bytes).toString(), images, values));
}

/** References that a person edited and that the new file lacks. */
function lostEdits(
  batch: Batch,
  rules: readonly ImageRule[],
  old: FileReferences,
  fresh: FileReferences | undefined,
): string[] {
  return rules.flatMap(({ name }) => {
    const kept = new Set(fresh?.matched.get(name)?.map(({ id }) => id));
    const state = batch.state(name);
    return (old.matched.get(name) ?? [])
      .filter((reference) => !kept.has(reference.id) && isEdited(state, placeOf(old.path, reference.id), reference))
      .map(({ line, value }) => `${old.path}:${line} (${renderValue(value)})`);
  });
}

function isEdited(state: UnitState, place: string, { value }: Reference): boolean {
  if ((placesOf(state)[place] ?? null) === null) return false;
  const standing = standingOf(value);
  return !state.releases.some((_, step) => placesAt(state, step)[place] === standing);
}

/** Settles the policies whose references stand at these paths, before their files move; returns where they stand. */
export async function settleThere(batch: Batch, paths: readonly string[]): Promise<readonly Standing[]> {
  const { references, round } = batch;
  const covered = paths.filter((path) => references.covering(path).length > 0);
  if (covered.length === 0) return [];
  await round.main.open(covered);
  const files = [...(await references.at(covered)).values()];
  await settleRecorded(batch, rulesIn(batch, files));
  return files.flatMap(({ path, matched }) =>
    [...matched].flatMap(([policy, found]) => found.map((reference) => ({ policy, path, reference }))),
  );
}

/** A reference, and the policy that keeps it. */
interface Standing {
  readonly policy: string;
  readonly path: string;
  readonly reference: Reference;
}

/** The rules that have references in these files. */
function rulesIn({ references }: Batch, files: readonly FileReferences[]): readonly ImageRule[] {
  return references.rules.filter(({ name }) => files.some(({ matched }) => (matched.get(name)?.length ?? 0) > 0));
}

/** Settles these policies by the references that their records name: no other file has to be read for it. */
export async function settleRecorded(batch: Batch, rules: readonly ImageRule[]): Promise<void> {
  const { references, round } = batch;
  await round.ledger.load(rules.map(({ name }) => name));
  const paths = [...new Set(rules.flatMap(({ name }) => Object.keys(placesOf(batch.state(name))).map(fileOf)))];
  await round.main.open(paths);
  const files = await references.at(paths);
  for (const rule of rules) {
    const placed = [...files.values()].flatMap(({ path, matched }) =>
      (matched.get(rule.name) ?? []).map((reference) => ({ path, reference })),
    );
    // What was taken back here is to go from all other references, too.
    if (settle(batch, imageUnit(rule), placed)) batch.stirred.add(rule.name);
  }
}
