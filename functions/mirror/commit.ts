import type { Entry, Objects } from '../../shared/git/object.ts';
import {
  type Places,
  REMOVED,
  type Release,
  recordOf,
  type UnitState,
  withRelease,
} from '../../shared/ledger/state.ts';
import { renderRecord } from '../../shared/ledger/trailer.ts';
import type { Batch } from './batch.ts';
import { releaseMessage } from './message.ts';

/** One unit's part of a commit. */
export interface Part {
  readonly before: UnitState;
  /** What is released, but for its id, its summary and its commit. */
  readonly made: Release;
  /** What stood at the changed paths just before. */
  readonly stood: Places;
}

/** What a commit does and says, beside its units' records. */
export interface Written {
  readonly edits: ReadonlyMap<string, Entry | null>;
  readonly objects: Objects;
  readonly summary: string;
  readonly body: readonly string[];
  readonly claims: Readonly<Record<string, string>>;
  readonly announced?: string | null;
  /** When the source changed; null when no event told. */
  readonly changedAt: string | null;
}

/** A release as far as the rule and the desired content tell it. */
export function blank(
  batch: Batch,
  rule: string,
  { version, content, root, source }: Pick<Release, 'version' | 'root' | 'source'> & { readonly content: string },
): Release {
  const at = batch.now.toISOString();
  const open = { release: null, publisher: null, summary: '', commit: null, verdict: null, changed: {} };
  return { ...open, version, content, rule, root, source, at, rollout: batch.config.rollout };
}

/**
 * The state after a release. Something new on its place ends the hold on its removal; what was there before does not,
 * and neither does a new rule for what stands.
 */
export function after(state: UnitState, made: Release, stood: Places): UnitState {
  const next = withRelease(state, made, stood);
  const isNew = made.content !== recordOf(state)?.content && made.reverts === undefined;
  const held = made.content === REMOVED || !isNew ? next.held : next.held.filter((content) => content !== REMOVED);
  return { ...next, held, expired: false };
}

/** Drafts one commit for these units, the first of which its trailers speak of, and records it. Returns their states. */
export async function commitRelease(batch: Batch, parts: readonly Part[], written: Written): Promise<UnitState[]> {
  const { deps, round } = batch;
  const { edits, objects, summary, body, claims, announced = null, changedAt } = written;
  const release = deps.newId(newestOf(parts));
  const named = { release, summary, ...(changedAt === null ? {} : { changedAt }) };
  const states = parts.map(({ before, made, stood }) => after(before, { ...made, ...named }, stood));
  const [first] = states;
  const commit = await round.main.commit({
    edits,
    objects,
    message: releaseMessage({
      release: first?.releases.at(-1) as Release,
      body,
      claims,
      announced,
      held: parts.flatMap(({ before, made }) => (made.reverts === undefined ? [] : lost(before, made.reverts))),
      ledger: round.ledger.tip,
      records: states.map((state, index) => renderRecord(deps.deployment, state, index > 0)),
    }),
    identity: batch.identity,
    signer: round.signer,
  });
  return states.map((state) => {
    const made = { ...(state.releases.at(-1) as Release), commit };
    const recorded = { ...state, releases: state.releases.with(-1, made) };
    batch.put(recorded);
    batch.landed(state.unit, made, claims);
    return recorded;
  });
}

/** The content that a revert takes back, and that is held since. */
function lost({ releases, held }: UnitState, reverts: string): string[] {
  const content = releases.find(({ release }) => release === reverts)?.content ?? null;
  return content !== null && held.includes(content) ? [content] : [];
}

/** The newest release that any of them had. */
function newestOf(parts: readonly Part[]): string | undefined {
  const newest = parts.flatMap(
    ({ before }) => before.releases.findLast(({ release }) => release !== null)?.release ?? [],
  );
  return newest.sort().at(-1);
}
