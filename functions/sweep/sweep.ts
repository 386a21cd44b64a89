import type { Change } from '../../shared/change/change.ts';
import type { Config, Mirror } from '../../shared/config/config.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { Rejected } from '../../shared/errors.ts';
import { Draft } from '../../shared/git/draft.ts';
import type { Remote } from '../../shared/git/remote.ts';
import { Ledger, ledgerRef } from '../../shared/ledger/ledger.ts';
import { emptyState, objectOf, recordOf, type UnitState } from '../../shared/ledger/state.ts';
import type { Bus, Notice } from '../../shared/notice/bus.ts';
import { landedNotice, type Where } from '../../shared/notice/outcome.ts';
import type { Bucket, ObjectInfo } from '../../shared/source/bucket.ts';
import type { Images } from '../../shared/source/images.ts';
import type { Log, Telemetry } from '../../shared/telemetry/telemetry.ts';
import { candidatesOf, choose } from '../../shared/unit/choose.ts';
import { mirrorOf, mirrorUnit, type Unit, unitOf } from '../../shared/unit/unit.ts';
import { askFor, isHeldUp, type Question } from './ask.ts';
import type { Cursor } from './cursor.ts';
import { sweepImages } from './images.ts';
import { sweepReleases } from './releases.ts';

/** What a sweep works with. It writes neither to the bucket nor to Git. */
export interface Deps extends Where {
  readonly remote: Remote;
  readonly bucket: Pick<Bucket, 'head' | 'list'>;
  readonly images: Images;
  readonly bus: Bus;
  readonly ask: (changes: readonly Change[]) => Promise<void>;
  /** The names of the clusters that are to be looked at; none unless it says so. */
  readonly clusters?: readonly string[];
  readonly now: () => Date;
  /** Milliseconds left to this invocation. */
  readonly remaining: () => number;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** Keys that are compared with the ledger at once. */
const PAGE = 1000;

/** With fewer milliseconds left, the sweep hands over to the next invocation. */
export const HANDOVER = 20_000;

/** A release is told again while it has no verdict: not before its followers had time, and not for ever. */
const TOLD_AGAIN = { after: 5 * 60_000, until: 24 * 60 * 60_000 };

/**
 * Compares what the buckets and registries hold with what the ledger says was decided, and asks for whatever was missed;
 * then goes through the ledger for objects that are gone and releases that never got a verdict. Asking for too much is harmless:
 * `mirror` decides.
 */
export async function sweep(cursor: Cursor | null, deps: Deps): Promise<void> {
  const { remote, deployment, branch, clusters = [] } = deps;
  // Each in an invocation of its own, so that one that is slow or broken takes time neither from this nor from another.
  if (cursor === null && clusters.length > 0)
    await deps.bus.put(
      clusters.map((cluster) => ({
        type: 'SweepContinues',
        detail: { deployment, branch, cursor: { phase: 'cluster', cluster } },
      })),
    );
  const refs = [`refs/heads/${branch}`, ledgerRef(deployment, branch)] as const;
  const tips = await remote.tips(refs);
  const main = new Draft(remote, tips.get(refs[0]) ?? null);
  const ledgerTip = tips.get(refs[1]) ?? null;
  const ledger = new Ledger(new Draft(remote, ledgerTip, { byIds: true }));
  const [head] = await Promise.all([ledger.head(deployment, branch), main.open(['gitferry.yaml'])]);
  const config = readConfig((await main.read(['gitferry.yaml'])).get('gitferry.yaml'));

  const unseen = (main.entry('gitferry.yaml')?.oid ?? null) !== head.config;
  if (cursor === null && (ledgerTip === null || unseen)) await deps.ask([{ kind: 'config' }]);
  // All that new rules reach is looked at by whoever applies them.
  if (config === null || ledgerTip === null) return deps.telemetry.measure({ SweepsFinished: 1 });

  if (cursor === null) await sweepReleases(config.releases, ledger, deps);
  const phase = cursor?.phase ?? 'bucket';
  const moved = (tips.get(refs[0]) ?? null) !== head.recorded;
  const next =
    (phase === 'bucket' ? await sweepBuckets(cursor, config, ledger, deps) : null) ??
    (phase !== 'ledger' ? await sweepImages(cursor, config.images, ledger, moved, deps) : null) ??
    (await sweepLedger(cursor, config, ledger, deps));
  if (next === null) deps.telemetry.measure({ SweepsFinished: 1 });
  else await deps.bus.put([{ type: 'SweepContinues', detail: { deployment, branch, cursor: next } }]);
}

function readConfig(bytes: Uint8Array | undefined): Config | null {
  try {
    return bytes === undefined ? null : parseConfig(bytes);
  } catch (error) {
    if (error instanceof Rejected) return null;
    throw error;
  }
}

/** From the bucket to the ledger. Returns where to go on when time runs out, null at the end. */
async function sweepBuckets(
  cursor: Cursor | null,
  { mirrors }: Config,
  ledger: Ledger,
  deps: Deps,
): Promise<Cursor | null> {
  const from = cursor?.phase === 'bucket' ? mirrors.findIndex(({ name }) => name === cursor.mirror) : 0;
  for (const [index, mirror] of mirrors.entries()) {
    if (index < from) continue;
    let after = index === from && cursor?.phase === 'bucket' ? cursor.after : undefined;
    let page: ObjectInfo[] = [];
    for await (const object of deps.bucket.list(mirror.bucket, mirror.prefix, after)) {
      page.push(object);
      if (page.length < PAGE) continue;
      await compare(mirror, page, ledger, deps);
      after = object.key;
      page = [];
      if (deps.remaining() < HANDOVER) return { phase: 'bucket', mirror: mirror.name, after };
    }
    await compare(mirror, page, ledger, deps);
  }
  return null;
}

/** Asks for the units of a page whose object may bring something new, or that wait for a person who may have acted. */
async function compare(mirror: Mirror, page: readonly ObjectInfo[], ledger: Ledger, deps: Deps): Promise<void> {
  const objects = new Map<string, { unit: Unit; objects: ObjectInfo[] }>();
  for (const object of page) {
    const unit = unitOf(mirror, object.key);
    if (unit === null) continue;
    const known = objects.get(unit.id) ?? { unit, objects: [] };
    known.objects.push(object);
    objects.set(unit.id, known);
  }
  await ledger.load([...objects.keys()]);
  const { bucket } = mirror;
  const questions: Question[] = [];
  for (const { unit, objects: found } of objects.values()) {
    const state = ledger.state(unit.id) ?? emptyState(unit.id);
    const fresh = choose(unit, state, candidatesOf(unit, found), new Map()).kind !== 'stay';
    if (!fresh && state.waiting === null) continue;
    const change = { kind: 'object', bucket, key: found[0]?.key ?? '' } as const;
    questions.push({ unit: unit.id, change, missed: fresh && !isHeldUp(state) });
  }
  await askFor(questions, deps);
}

/** From the ledger to the bucket. */
async function sweepLedger(
  cursor: Cursor | null,
  { mirrors }: Config,
  ledger: Ledger,
  deps: Deps,
): Promise<Cursor | null> {
  const from = cursor?.phase === 'ledger' ? cursor.shard : '';
  const byName = new Map(mirrors.map((mirror) => [mirror.name, mirror]));
  for (const shard of (await ledger.shards()).filter((shard) => shard >= from)) {
    if (deps.remaining() < HANDOVER) return { phase: 'ledger', shard };
    const states = await ledger.page([shard]);
    const due = states.filter((state) => isDue(state, deps.now()));
    const notices = due.flatMap((state) => unendedNotice(state, deps) ?? []);
    if (notices.length > 0) await deps.bus.put(notices);
    for (const state of states) {
      const mirror = byName.get(mirrorOf(state.unit).mirror);
      if (mirror !== undefined) await askIfGone(mirror, state, deps);
    }
  }
  return null;
}

function isDue(state: UnitState, now: Date): boolean {
  const { at = '', rollout } = recordOf(state) ?? {};
  const age = now.getTime() - Date.parse(at);
  return age >= TOLD_AGAIN.after && age <= TOLD_AGAIN.until + (rollout?.deadline ?? 0);
}

function unendedNotice(state: UnitState, deps: Deps): Notice | null {
  const record = recordOf(state);
  return record === null || record.verdict !== null ? null : landedNotice(deps, state, record);
}

/** A deletion that no event told of: only looked for where removals are mirrored. */
async function askIfGone(mirror: Mirror, state: UnitState, deps: Deps): Promise<void> {
  const { bucket, onDelete } = mirror;
  const key = objectOf(recordOf(state)?.source)?.key;
  if (onDelete !== 'remove' || key === undefined || state.expired) return;
  if ((await deps.bucket.head(bucket, key)) !== null) return;
  // A removal that was refused, or that a person took back, is no news.
  const fresh = choose(mirrorUnit(mirror, mirrorOf(state.unit).name), state, [], new Map()).kind !== 'stay';
  const change = { kind: 'object', bucket, key } as const;
  await askFor([{ unit: state.unit, change, missed: fresh && !isHeldUp(state) }], deps);
}
