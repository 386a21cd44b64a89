import { Readable } from 'node:stream';
import { Stalled } from '../../shared/errors.ts';
import { parseCommit } from '../../shared/git/commit.ts';
import type { Oid } from '../../shared/git/object.ts';
import type { History, Remote } from '../../shared/git/remote.ts';
import { commitsBetween, type Place } from '../../shared/ledger/commits.ts';
import { contentsOf } from '../../shared/ledger/contents.ts';
import { copyKey, type LedgerCommit, renderCopy } from '../../shared/ledger/copy.ts';
import { ledgerRef } from '../../shared/ledger/ledger.ts';
import type { Bus } from '../../shared/notice/bus.ts';
import { type Where, whereOf } from '../../shared/notice/outcome.ts';
import type { Table } from '../../shared/table/table.ts';
import type { Log } from '../../shared/telemetry/telemetry.ts';
import { type Cursor, moveCursor, readCursor } from './cursor.ts';
import type { Store } from './store.ts';

/** What copying works with. It reads Git, and adds to the bucket. */
export interface Deps extends Where {
  readonly remote: Pick<Remote, 'tips' | 'fetch'> & History;
  readonly store: Store;
  /** The name of the bucket that `store` writes to. */
  readonly bucket: string;
  readonly table: Table;
  readonly bus: Bus;
  readonly now: () => Date;
  /** Milliseconds left to this invocation. */
  readonly remaining: () => number;
  readonly log: Log;
}

/** Commits that are read, written and then noted together. */
const PAGE = 100;
/** Objects that are written at once; one, where they are large. */
const AT_ONCE = 16;
const LARGE = 2 ** 20;
/** Commits whose order is held in memory. */
const MOST = 200_000;
/** With fewer milliseconds left, the next invocation goes on. */
const HANDOVER = 20_000;
/** How often an invocation begins anew because others did the same work meanwhile. */
const TRIES = 5;

/**
 * Copies what the ledger has recorded since it was last copied, the oldest first, so that what is noted as copied has no
 * gaps. Nothing is ever overwritten, so that copying twice, or by two at once, changes nothing. Throws Retryable; Stalled, which
 * it has told.
 */
export async function archive(deps: Deps): Promise<void> {
  try {
    for (let tries = 0; tries < TRIES; tries++) if (await copyLedger(deps)) return;
    deps.log('others copy the ledger', {});
  } catch (error) {
    if (error instanceof Stalled)
      await tell(error, [deps.deployment, error.reason, error.facts.host ?? []].flat().join(' '), deps);
    throw error;
  }
}

/** Whether there is nothing left to do in this invocation. */
async function copyLedger(deps: Deps): Promise<boolean> {
  const { remote, deployment, branch } = deps;
  const cursor = await readCursor(deps.table, deps.bucket, deps);
  const ref = ledgerRef(deployment, branch);
  const tip = (await remote.tips([ref])).get(ref);
  if (tip === cursor.copied) return true;
  if (tip !== undefined) return copyUpTo(tip, cursor, deps);
  // Before the first landing there is none.
  if (cursor.copied === null) return true;
  throw new Stalled(
    'LedgerMissing',
    `The ledger of ${branch} is gone; its copy goes to ${cursor.copied.slice(0, 10)}.`,
    {
      hint: 'Restore the branch from a clone, or write it afresh by `gitferry ledger rebuild`.',
    },
  );
}

async function copyUpTo(tip: Oid, cursor: Cursor, deps: Deps): Promise<boolean> {
  const late = (): boolean => deps.remaining() < HANDOVER;
  const [until, most] = [cursor.copied, MOST];
  let upTo = tip;
  let found = await commitsBetween(deps.remote, { tip, until, most, late });
  while ('stoppedAt' in found) {
    upTo = found.stoppedAt;
    found = await commitsBetween(deps.remote, { tip: upTo, until, most, late });
  }
  if (until !== null && !found.goOn) await tellRewritten(tip, until, deps);
  const begun = { copied: 0, there: 0 };
  let at: Cursor = cursor;
  for (let from = 0; from < found.oldestFirst.length; from += PAGE) {
    if (late()) {
      deps.log('the ledger is copied in part', { ...begun, left: found.oldestFirst.length - from });
      return true;
    }
    const page = found.oldestFirst.slice(from, from + PAGE);
    const added = await copyPage(page, deps);
    begun.copied += added;
    begun.there += page.length - added;
    const moved = await moveCursor(deps, at, page.at(-1)?.oid ?? upTo);
    if (moved === null) return false;
    at = moved;
  }
  // The branch was set back to what is copied already.
  if (at.copied !== upTo && (await moveCursor(deps, at, upTo)) === null) return false;
  deps.log('the ledger is copied', { ...begun, tip: upTo });
  return upTo === tip;
}

/** How many of them were not there yet. */
async function copyPage(page: readonly Place[], deps: Deps): Promise<number> {
  const commits = await contentsOf(deps.remote, page);
  const largest = Math.max(...commits.map(({ events, commit }) => commit.length + (events?.bytes?.length ?? 0)));
  const added = await Readable.from(commits)
    .map((commit: LedgerCommit) => copy(commit, deps), { concurrency: largest > LARGE ? 1 : AT_ONCE })
    .toArray();
  return added.filter((one: boolean) => one).length;
}

function copy(commit: LedgerCommit, deps: Deps): Promise<boolean> {
  const key = copyKey(deps, commit.oid, parseCommit({ type: 'commit', bytes: commit.commit }));
  return deps.store.add(key, renderCopy(deps, commit));
}

/** It is copied as it is now, beside what it was; whether that was meant, people know. */
async function tellRewritten(tip: Oid, copied: Oid, deps: Deps): Promise<void> {
  const { deployment, branch } = deps;
  const error = new Stalled(
    'LedgerRewritten',
    `The ledger of ${branch} stands at ${tip.slice(0, 10)}, which does not go on from ${copied.slice(0, 10)}, copied before.`,
    {
      hint: 'If nobody has run `gitferry ledger rebuild`, find out who pushed; `gitferry ledger verify` shows what is gone.',
    },
  );
  deps.log('the ledger was rewritten', { error, tip, copied });
  await tell(error, `${deployment} ${error.reason} ${tip}`, deps);
}

async function tell({ reason, message, hint }: Stalled, id: string, deps: Deps): Promise<void> {
  const at = deps.now().toISOString();
  await deps.bus.put([{ type: 'Stalled', detail: { ...whereOf(deps), id, at, reason, message, hint } }]);
}
