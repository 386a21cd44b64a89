import * as z from 'zod';
import type { Commit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import { readTrailer } from '../git/trailers.ts';
import type { Signer } from '../trust/signing.ts';
import {
  emptyState,
  type Places,
  REMOVED,
  type Release,
  recordOf,
  type UnitState,
  unitState,
  withRelease,
} from './state.ts';

/** The trailers of a release, by name. */
export const TRAILER = {
  source: 'Gitferry-Source',
  content: 'Gitferry-Content',
  /** What an event had announced, where that was another content. */
  announced: 'Gitferry-Announced',
  publisher: 'Gitferry-Publisher',
  release: 'Gitferry-Release',
  record: 'Gitferry-Record',
  ledger: 'Gitferry-Ledger',
  /** The release that a commit takes back, and the content that is held since. */
  reverts: 'Gitferry-Reverts',
  held: 'Gitferry-Held',
} as const;

const { element: release } = unitState.shape.releases;

/**
 * `Gitferry-Record`: what the ledger holds of a release and no other trailer says, so that release and record can't
 * part. It is what a ledger is rebuilt from, and what a landing reads when the branch moved without its ledger.
 */
const record = z.object({
  deployment: z.string(),
  unit: z.string(),
  version: release.shape.version.default(null),
  /** Said by the trailer of that name where a commit carries one unit alone. */
  content: release.shape.content.optional(),
  rule: release.shape.rule,
  root: release.shape.root,
  changed: release.shape.changed,
  source: release.shape.source.default(null),
  /** What stood at the paths that it was first to touch; nothing, where a path is left out. */
  before: unitState.shape.before.default({}),
  held: unitState.shape.held.default([]),
  changedAt: release.shape.changedAt,
  rollout: release.shape.rollout,
  reverts: release.shape.reverts,
});

/** A release as its commit tells it. */
export interface Recorded {
  readonly unit: string;
  readonly release: Release;
  readonly before: Places;
  readonly held: readonly string[];
}

/**
 * The record of a release just made: its state's newest release. Fields that say nothing are left out. `among`: the
 * commit carries other units too, so that its trailers don't speak of this one.
 */
export function renderRecord(deployment: string, state: UnitState, among = false): string {
  const { version, content, rule, root, changed, source, changedAt, rollout, reverts } = recordOf(state) as Release;
  const before = Object.entries(state.before).filter(([path, standing]) => path in changed && standing !== null);
  return JSON.stringify({
    deployment,
    unit: state.unit,
    version: version ?? undefined,
    content: among || content === null ? content : undefined,
    rule,
    root,
    changed,
    source: source ?? undefined,
    before: before.length === 0 ? undefined : Object.fromEntries(before),
    held: state.held.length === 0 ? undefined : state.held,
    changedAt,
    rollout,
    reverts,
  });
}

/** The releases that a commit is for this deployment, one a unit; none when it is no release (or nonsense). */
export function readRecords(oid: Oid, { message, committer }: Commit, deployment: string): Recorded[] {
  const [id] = readTrailer(message, TRAILER.release);
  if (id === undefined) return [];
  const about = {
    release: id,
    publisher: readTrailer(message, TRAILER.publisher)[0] ?? null,
    summary: message.slice(0, message.indexOf('\n')),
    commit: oid,
    at: new Date(committer.seconds * 1000).toISOString(),
    verdict: null,
  };
  const told = readTrailer(message, TRAILER.content)[0] ?? REMOVED;
  return readTrailer(message, TRAILER.record).flatMap((text) => {
    const parsed = record.safeParse(json(text));
    if (!parsed.success || parsed.data.deployment !== deployment) return [];
    const { unit, before, held, deployment: _, content = told, ...recorded } = parsed.data;
    const made = release.safeParse({ ...about, ...recorded, content });
    return made.success ? [{ unit, release: made.data, before, held }] : [];
  });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether we made a commit: it is signed by our key; without a key, its committer goes by our address. */
export async function isOurs(
  { signature, payload, committer }: Commit,
  signer: Signer | null,
  email: string,
): Promise<boolean> {
  if (signer === null) return committer.email === email;
  return signature !== null && (await signer.verifies(payload, signature));
}

/** The state with a release that its ledger had missed; unchanged when the ledger knows that release or a later one. */
export function absorb(state: UnitState | null, { unit, release, before, held }: Recorded): UnitState {
  const known = state ?? emptyState(unit);
  const newest = known.releases.findLast((past) => past.release !== null)?.release ?? '';
  if ((release.release ?? '') <= newest) return known;
  return { ...withRelease(known, release, before), held: [...new Set([...known.held, ...held])] };
}
