import * as z from 'zod';
import { Stalled } from '../shared/errors.ts';
import type { GitObject, Oid } from '../shared/git/object.ts';
import type { Remote } from '../shared/git/remote.ts';
import { readTree } from '../shared/git/tree.ts';
import { type LedgerEvent, ledgerEvent } from '../shared/ledger/event.ts';

/** As many commits as are read by one pair of requests. */
const PAGE = 50;

const file = z.object({ events: z.array(ledgerEvent) });

/** An event, and the ledger's commit that recorded it. */
export interface Recorded {
  readonly commit: Oid;
  readonly event: LedgerEvent;
}

/** The events of a ledger, newest first. @throws Stalled LedgerUnreadable. */
export async function* ledgerEvents(remote: Remote, tip: Oid): AsyncGenerator<Recorded> {
  let page: { oid: Oid; tree: Oid }[] = [];
  for await (const { oid, commit } of remote.log(tip, null)) {
    page.push({ oid, tree: commit.tree });
    if (page.length < PAGE) continue;
    yield* await eventsOf(remote, page);
    page = [];
  }
  yield* await eventsOf(remote, page);
}

async function eventsOf(remote: Remote, page: readonly { oid: Oid; tree: Oid }[]): Promise<readonly Recorded[]> {
  if (page.length === 0) return [];
  const trees = await remote.fetch([...new Set(page.map(({ tree }) => tree))]);
  const files = page.flatMap(({ oid, tree }) => {
    const line = readTree(found(trees.get(tree), oid).bytes).find(({ name }) =>
      name.equals(Buffer.from('events.json')),
    );
    return line === undefined ? [] : [{ oid, blob: line.oid }];
  });
  const blobs = await remote.fetch([...new Set(files.map(({ blob }) => blob))]);
  return files.flatMap(({ oid, blob }) =>
    parse(found(blobs.get(blob), oid), oid)
      .toReversed()
      .map((event) => ({ commit: oid, event })),
  );
}

function parse({ bytes }: GitObject, commit: Oid): readonly LedgerEvent[] {
  try {
    return file.parse(JSON.parse(Buffer.from(bytes).toString())).events;
  } catch (cause) {
    throw unreadable(commit, cause);
  }
}

function found(object: GitObject | undefined, commit: Oid): GitObject {
  if (object === undefined) throw unreadable(commit, undefined);
  return object;
}

function unreadable(commit: Oid, cause: unknown): Stalled {
  return new Stalled('LedgerUnreadable', `The events of the ledger's commit ${commit} can't be read.`, {
    hint: 'Someone else wrote to the ledger branch, or a newer gitferry did.',
    cause,
  });
}
