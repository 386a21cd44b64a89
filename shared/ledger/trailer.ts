import * as z from 'zod';
import type { Commit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import { readTrailer } from '../git/trailers.ts';
import type { Signer } from '../trust/signing.ts';
import { verifies } from '../trust/signing.ts';
import { emptyState, recordOf, type UnitState, unitState, withRelease } from './state.ts';

/**
 * `Gitferry-Record`: all that the ledger holds of a release, carried by the release itself. It is what a ledger is
 * rebuilt from, and what a landing reads when the branch moved without its ledger.
 */
const record = z.object({
  deployment: z.string(),
  unit: z.string(),
  release: unitState.shape.releases.element,
  before: unitState.shape.before,
  held: unitState.shape.held,
});

export type RecordTrailer = z.infer<typeof record>;

export const RECORD = 'Gitferry-Record';
export const RELEASE = 'Gitferry-Release';

/** The record of a release just made: its state's newest release, and what stood at the paths it was first to touch. */
export function renderRecord(deployment: string, state: UnitState): string {
  const release = recordOf(state);
  const before = Object.fromEntries(
    Object.keys(release?.changed ?? {}).map((path) => [path, state.before[path] ?? null]),
  );
  return JSON.stringify({ deployment, unit: state.unit, release, before, held: state.held });
}

/** The record that a commit carries for this deployment, null when it carries none (or nonsense). */
export function readRecord(commit: Commit, deployment: string): RecordTrailer | null {
  const [value] = readTrailer(commit.message, RECORD);
  if (value === undefined) return null;
  try {
    const parsed = record.parse(JSON.parse(value));
    return parsed.deployment === deployment && parsed.release.release !== null ? parsed : null;
  } catch {
    return null;
  }
}

/** Whether we made a commit: it is signed by our key; without a key, its committer goes by our address. */
export function isOurs({ signature, payload, committer }: Commit, signer: Signer | null, email: string): boolean {
  if (signer === null) return committer.email === email;
  return signature !== null && verifies(payload, signature, [signer.publicKey]);
}

/** The state with a release that its ledger had missed; unchanged when the ledger knows that release or a later one. */
export function absorb(
  state: UnitState | null,
  { unit, release, before, held }: RecordTrailer,
  commit: Oid,
): UnitState {
  const known = state ?? emptyState(unit);
  const newest = known.releases.findLast((past) => past.release !== null)?.release ?? '';
  if ((release.release ?? '') <= newest) return known;
  return { ...withRelease(known, { ...release, commit }, before), held: [...new Set([...known.held, ...held])] };
}
