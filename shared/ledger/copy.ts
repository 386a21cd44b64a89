import * as z from 'zod';
import { type Commit, parseCommit } from '../git/commit.ts';
import { type GitObject, type Oid, oidOf } from '../git/object.ts';
import { eventsIn } from './contents.ts';
import { oidSchema } from './state.ts';

/** The shape of a copy; it changes when a reader of the old one would misread the new. */
const COPY_SCHEMA = 1;

/** Whose ledger it is. */
export interface LedgerName {
  readonly deployment: string;
  readonly branch: string;
}

/** An object of Git as it is stored; null where it is too large to be copied. */
export interface Stored {
  readonly oid: Oid;
  readonly bytes: Uint8Array | null;
}

/** All that one commit of the ledger says: with the tree it proves that the events are those that were signed. */
export interface LedgerCommit {
  readonly oid: Oid;
  readonly commit: Uint8Array;
  readonly tree: Stored;
  /** `events.json`; null where the commit has no such file. */
  readonly events: Stored | null;
}

/** Below this lie the copies of one ledger. A ref's name holds no `~`, so that no two ledgers meet. */
export function copyPrefix({ deployment, branch }: LedgerName): string {
  return `${deployment.replaceAll('/', '~')}/${branch.replaceAll('/', '~')}/`;
}

/** The key of a commit's copy: by the day of its committer, then its second and its id. */
export function copyKey(ledger: LedgerName, oid: Oid, { committer }: Pick<Commit, 'committer'>): string {
  const time = timeOf(committer.seconds) ?? '0000-00-00T00:00:00Z';
  const [day = ''] = time.split('T');
  return `${copyPrefix(ledger)}${day.replaceAll('-', '/')}/${time.replace(/[-:]/gu, '')}-${oid}.json`;
}

/** The commit that a key of `copyKey` is for; null for any other key. */
export function commitOfKey(ledger: LedgerName, key: string): Oid | null {
  const prefix = copyPrefix(ledger);
  const name = key.startsWith(prefix) ? key.slice(prefix.length) : '';
  return /^\d{4}\/\d\d\/\d\d\/\d{8}T\d{6}Z-([0-9a-f]{40})\.json$/u.exec(name)?.[1] ?? null;
}

/** ISO 8601 to the second; null for what no clock says, as a commit of anybody else's may. */
function timeOf(seconds: number): string | null {
  const plausible = Number.isInteger(seconds) && seconds >= 0 && seconds < 253_402_300_800;
  return plausible ? `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z` : null;
}

/** The copy's bytes: the same for the same commit, whoever makes it, and whenever. */
export function renderCopy(ledger: LedgerName, { oid, commit, tree, events }: LedgerCommit): Buffer {
  const { parents, committer } = parseCommit({ type: 'commit', bytes: commit });
  const copy = {
    schema: COPY_SCHEMA,
    deployment: ledger.deployment,
    branch: ledger.branch,
    committed: timeOf(committer.seconds),
    parents,
    commit: written({ oid, bytes: commit }),
    tree: written(tree),
    events: events === null ? null : written(events),
  };
  return Buffer.from(`${JSON.stringify(copy, null, 1)}\n`);
}

/** As text where that loses nothing. */
function written({ oid, bytes }: Stored) {
  if (bytes === null) return { oid, omitted: true };
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = plain.toString('utf8');
  return Buffer.from(text).equals(plain) ? { oid, text } : { oid, base64: plain.toString('base64') };
}

const stored = z.union([
  z.strictObject({ oid: oidSchema, text: z.string() }),
  z.strictObject({ oid: oidSchema, base64: z.string() }),
  z.strictObject({ oid: oidSchema, omitted: z.literal(true) }),
]);
const copied = z.object({ commit: stored, tree: stored, events: stored.nullable() });

/**
 * Reads a copy that may be anybody's. A sentence where it is none: then it is not what gitferry wrote for any commit of this
 * ledger. What is returned holds together by itself: each object has the id that the one before it names.
 */
export function readCopy(ledger: LedgerName, bytes: Uint8Array): LedgerCommit | string {
  const { success, data } = copied.safeParse(json(bytes));
  if (!success) return 'It is no copy of a commit.';
  const [commit, tree, events] = [bytesOf(data.commit), bytesOf(data.tree), data.events && bytesOf(data.events)];
  if (commit.bytes === null || !fits('commit', commit)) return 'Its commit has another id.';
  const parsed = parseCommit({ type: 'commit', bytes: commit.bytes });
  if (tree.oid !== parsed.tree || !fits('tree', tree)) return 'Its tree is not that of its commit.';
  if (tree.bytes !== null && eventsIn(tree.bytes) !== (events?.oid ?? null))
    return 'Its events are not those of its tree.';
  if (events !== null && !fits('blob', events)) return 'Its events have another id.';
  const found: LedgerCommit = { oid: commit.oid, commit: commit.bytes, tree, events };
  return renderCopy(ledger, found).equals(bytes) ? found : 'It is not written as gitferry writes it.';
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}

function bytesOf(part: z.infer<typeof stored>): Stored {
  if ('omitted' in part) return { oid: part.oid, bytes: null };
  return { oid: part.oid, bytes: 'text' in part ? Buffer.from(part.text) : Buffer.from(part.base64, 'base64') };
}

function fits(type: GitObject['type'], { oid, bytes }: Stored): boolean {
  return bytes === null || oidOf({ type, bytes }) === oid;
}
