import { Stalled } from '../errors.ts';
import type { GitObject, Oid } from '../git/object.ts';
import type { Remote } from '../git/remote.ts';
import { readTree } from '../git/tree.ts';
import type { Place } from './commits.ts';
import type { LedgerCommit, Stored } from './copy.ts';

/** Ours are a thousandth of it. What is larger is not copied, so that nobody's push can stop the copying of all that follows. */
const LARGEST = 16 * 2 ** 20;

/** All that these commits say, in their order: three requests, two of them at once. Throws what `Remote` throws. */
export async function contentsOf(
  remote: Pick<Remote, 'fetch'>,
  places: readonly Place[],
): Promise<readonly LedgerCommit[]> {
  // Apart: a server that is asked for a commit without its tree leaves out the tree that is asked for beside it, too.
  const [commits, trees] = await Promise.all([
    stored(remote, new Set(places.map(({ oid }) => oid))),
    stored(remote, new Set(places.map(({ tree }) => tree))),
  ]);
  const found = places.map(({ oid, tree }) => {
    const root = trees.get(tree)?.bytes ?? null;
    return {
      oid,
      commit: bytesOf(commits, oid),
      tree: small(tree, root),
      events: root === null ? null : eventsIn(root),
    };
  });
  const blobs = await stored(remote, new Set(found.flatMap(({ events }) => events ?? [])));
  return found.map(({ events, ...rest }) => {
    if (events === null) return { ...rest, events };
    return { ...rest, events: small(events, blobs.get(events)?.bytes ?? null) };
  });
}

/** The id of `events.json` in a root tree; null where there is no such file, or the tree is damaged. */
export function eventsIn(tree: Uint8Array): Oid | null {
  const name = Buffer.from('events.json');
  try {
    // A submodule's commit stands in no repository of ours, and a folder holds no events.
    return readTree(tree).find((one) => one.name.equals(name) && /^1[02]/u.test(one.mode))?.oid ?? null;
  } catch (error) {
    if (error instanceof Stalled) return null;
    throw error;
  }
}

function small(oid: Oid, bytes: Uint8Array | null): Stored {
  return { oid, bytes: bytes !== null && bytes.length > LARGEST ? null : bytes };
}

function bytesOf(objects: ReadonlyMap<Oid, GitObject | null>, oid: Oid): Uint8Array {
  const object = objects.get(oid);
  if (object) return object.bytes;
  throw new Stalled('PackTooLarge', `The ledger's commit ${oid} does not fit into memory.`, {
    hint: 'Nobody but gitferry should push to this branch: see who did, and restore it.',
  });
}

/** These objects, all together, or fewer at a time where they don't fit into memory; null for one that alone does not. */
async function stored(
  remote: Pick<Remote, 'fetch'>,
  oids: ReadonlySet<Oid>,
): Promise<ReadonlyMap<Oid, GitObject | null>> {
  const list = [...oids];
  if (list.length === 0) return new Map();
  try {
    return await remote.fetch(list, { pass: true });
  } catch (error) {
    if (!(error instanceof Stalled && error.reason === 'PackTooLarge')) throw error;
    if (list.length === 1) return new Map(list.map((oid) => [oid, null]));
    const middle = list.length >> 1;
    const first = await stored(remote, new Set(list.slice(0, middle)));
    return new Map([...first, ...(await stored(remote, new Set(list.slice(middle))))]);
  }
}
