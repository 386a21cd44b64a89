import * as z from 'zod';
import type { Entry } from '../git/object.ts';

/**
 * What the ledger keeps of one unit, and the functions that read it. The shape is an interface: `docs/ledger.md`
 * describes it, and `schema` changes when a reader of the old one would misread the new.
 */
export const LEDGER_SCHEMA = 1;

const oid = z.string().regex(/^[0-9a-f]{40}$/u);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/u);

/** What stands at a path: `<mode> <oid>`; at a reference to an image: `=` and what it says of it. Null for nothing. */
const standing = z
  .string()
  .regex(/^(?:[0-7]{5,6} [0-9a-f]{40}|=.{0,1000})$/u)
  .nullable();

const objectSource = z.object({
  bucket: z.string(),
  key: z.string(),
  etag: z.string(),
  versionId: z.string().nullable(),
  /** When the source took it in, ISO 8601. */
  modified: z.string(),
});
const imageSource = z.object({
  /** Canonical: `registry/repository`. */
  image: z.string(),
  tag: z.string(),
  digest,
});
const source = z.union([objectSource, imageSource]);

/** How a release is followed in the cluster, by the rules that it landed by: a deadline in milliseconds. */
export const rolloutSchema = z.object({
  deadline: z.int().positive(),
  onFailure: z.enum(['revert', 'hold', 'notify']),
});

/** Something that was told and is not told again: the event's id, and its words. */
const told = z.object({ id: z.string(), reason: z.string(), message: z.string(), hint: z.string() });

const release = z.object({
  /** The release's ULID; null where a person set the place back to this content. */
  release: z.string().nullable(),
  version: z.string().nullable(),
  /** The digest of what landed; null for nothing (removed), or for a state that is no one release's. */
  content: digest.nullable(),
  rule: digest,
  /** What the release changed, path by path. */
  changed: z.record(z.string(), standing),
  /** The folder that its paths stand below, or the path itself. */
  root: z.string(),
  source: source.nullable(),
  /** What AWS says of who uploaded it; null when that can't be told. */
  publisher: z.string().nullable(),
  /** The commit's first line. */
  summary: z.string(),
  /** Null in the trailer, which the commit itself carries. */
  commit: oid.nullable(),
  at: z.string(),
  /** When it changed at its source, as an event told. */
  changedAt: z.string().optional(),
  verdict: z.string().nullable(),
  /** What the verdict said, and when. */
  ended: told.extend({ at: z.string() }).optional(),
  rollout: rolloutSchema.optional(),
  /** The release that this one took back. */
  reverts: z.string().optional(),
  /** Why it could not be taken back, as last told. */
  stuck: told.optional(),
});

export const unitState = z.object({
  schema: z.literal(LEDGER_SCHEMA),
  unit: z.string(),
  /** What stood at each path before gitferry first touched it. */
  before: z.record(z.string(), standing),
  /** Oldest first; the last one is the record. Older ones beyond `HISTORY` are folded together. */
  releases: z.array(release),
  /** Contents that don't land again by themselves. */
  held: z.array(digest),
  /** Contents that were turned away, by digest: under which rule, and why. */
  rejected: z.record(z.string(), told.extend({ rule: digest, source: source.nullable() })),
  /** What waits for a person, as last told; null when nothing does. */
  waiting: told.extend({ content: z.string(), rule: digest, paths: z.array(z.string()) }).nullable(),
  /** Why no further release of it lands until a person lets one, as last told: one failed, and its rule said so. */
  stopped: told.optional(),
  /** Whether its source went away by lifecycle expiry, which never counts as a removal. */
  expired: z.boolean(),
});

export type ObjectSource = z.infer<typeof objectSource>;
export type ImageSource = z.infer<typeof imageSource>;
export type Source = ObjectSource | ImageSource;
export type Release = z.infer<typeof release>;
export type UnitState = z.infer<typeof unitState>;
export type Standing = z.infer<typeof standing>;
/** Path → what stands there. */
export type Places = Readonly<Record<string, Standing>>;

/** The object that something came from; null when it came from none. */
export function objectOf(source: Source | null | undefined): ObjectSource | null {
  return source && 'key' in source ? source : null;
}

export const oidSchema = oid;

/** The content of a removal: what is released when a unit's object is gone and its rule says that its place goes too. */
export const REMOVED = `sha256:${'0'.repeat(64)}`;

/** A record that goes on without being a release: nothing of what was said of the release is said of it. */
export function unreleased(record: Release): Release {
  const { ended: _, rollout: __, reverts: ___, stuck: ____, changedAt: _____, ...rest } = record;
  return { ...rest, release: null, summary: '', commit: null, verdict: null };
}

/** How many releases of a unit are told apart when a person sets its place back. */
const HISTORY = 20;

export function emptyState(unit: string): UnitState {
  return {
    schema: LEDGER_SCHEMA,
    unit,
    before: {},
    releases: [],
    held: [],
    rejected: {},
    waiting: null,
    expired: false,
  };
}

export function standingOf(entry: Entry | null): Standing {
  return entry === null ? null : `${entry.mode} ${entry.oid}`;
}

export function entryOf(standing: Standing): Entry | null {
  if (standing === null) return null;
  const [mode = '', oid = ''] = standing.split(' ');
  return { mode, oid };
}

/** The record: the newest release, or what a person set in its place. */
export function recordOf(state: UnitState): Release | null {
  return state.releases.at(-1) ?? null;
}

/** What each path of the unit held after the release at `index`; -1 is the time before gitferry. */
export function placesAt(state: UnitState, index: number): Places {
  const places: Record<string, Standing> = { ...state.before };
  for (const { changed } of state.releases.slice(0, index + 1)) Object.assign(places, changed);
  return places;
}

/** What each path of the unit should hold now, by the record. */
export function placesOf(state: UnitState): Places {
  return placesAt(state, state.releases.length - 1);
}

/** The state after one more release. `stood`: what its paths held just before. */
export function withRelease(state: UnitState, next: Release, stood: Places): UnitState {
  const before = { ...state.before };
  for (const path of Object.keys(next.changed)) if (!(path in before)) before[path] = stood[path] ?? null;
  let releases = [...state.releases, next];
  const [oldest, second, ...rest] = releases;
  if (releases.length > HISTORY && oldest !== undefined && second !== undefined)
    releases = [{ ...second, changed: { ...oldest.changed, ...second.changed } }, ...rest];
  return { ...state, before, releases, waiting: null };
}

/** How many rejections a unit remembers; what is forgotten is told once more when it comes again. */
const REJECTIONS = 50;

export function withRejection(state: UnitState, content: string, rejection: UnitState['rejected'][string]): UnitState {
  const { [content]: _, ...others } = state.rejected;
  const kept = Object.entries(others).slice(-(REJECTIONS - 1));
  return { ...state, rejected: Object.fromEntries([...kept, [content, rejection]]) };
}

/** The state after another unit took over some of its paths, because no rule reaches this one any more. */
export function relinquished(state: UnitState, paths: readonly string[], at: string): UnitState {
  const record = recordOf(state);
  if (record === null) return state;
  const changed = Object.fromEntries(paths.map((path) => [path, null]));
  const next: Release = { ...unreleased(record), content: null, changed, at };
  return { ...state, releases: [...state.releases, next] };
}
