import assert from 'node:assert/strict';
import { oidOf } from '../../shared/git/object.ts';
import { isImage } from '../../shared/ledger/place.ts';
import { REMOVED, recordOf, standingOf } from '../../shared/ledger/state.ts';
import { policiesOf } from './rules.ts';
import { LEDGER, type World } from './world.ts';

/** One commit's change of one path, other than of what references say. */
interface Step {
  readonly oid: string;
  readonly ours: boolean;
  readonly overwrites: boolean;
  /** What a release put there, as a whole: its content's digest. */
  readonly content: string | null;
  /** Whether it took a release back. */
  readonly reverts: boolean;
  readonly to: string | null;
}

/** What happened to each path that gitferry ever touched, oldest first; beginning with what stood there at first. */
function pathHistories({ read, tip, rulesBy }: World): Map<string, readonly Step[]> {
  const commits = read.commits(tip);
  const releases = new Map(
    commits.flatMap((oid) => {
      const records = read.isRelease(oid) ? read.records(oid).filter(({ unit }) => !isImage(unit)) : [];
      return records.length === 0 ? [] : [[oid, records] as const];
    }),
  );
  const places = [...releases.values()].flat().flatMap(({ release }) => Object.keys(release.changed));
  const histories = new Map<string, readonly Step[]>();
  for (const path of new Set(places)) {
    let standing: string | null = null;
    const steps: Step[] = [];
    for (const oid of commits) {
      const to = read.standing(oid, path);
      if (to !== standing) {
        const overwrites = rulesBy.get(read.files(oid).get('gitferry.yaml')?.oid ?? '')?.onEdit === 'overwrite';
        const records = releases.get(oid) ?? [];
        const record = records.find(({ release }) => path in release.changed) ?? records[0];
        const { content = null, reverts } = record?.release ?? {};
        steps.push({ oid, ours: read.isRelease(oid), overwrites, content, reverts: reverts !== undefined, to });
      }
      standing = to;
    }
    histories.set(path, steps);
  }
  return histories;
}

/** Whether all that a release put somewhere stood elsewhere just before. */
function isMove({ read }: World, oid: string): boolean {
  const parent = read.parent(oid) ?? '';
  const paths = read.records(oid).flatMap(({ release }) => Object.keys(release.changed));
  const before = new Set(paths.map((path) => read.standing(parent, path)));
  return paths.every((path) => {
    const after = read.standing(oid, path);
    return after === null || before.has(after);
  });
}

/** What people also write by hand, and an upload may bring: it is adopted when it does. */
const SAME = oidOf({ type: 'blob', bytes: Buffer.from('one: 1\n') });

/** Invariant 2, path by path: what a person took back stays back, and what a person edited is not overwritten silently. */
export function peopleAreRespected(world: World): void {
  const histories = pathHistories(world);
  const lifted = new Set(events(world).flatMap(({ contents = [] }) => contents));
  /** Who takes a move back sets the same content elsewhere again: that is held nowhere. */
  const elsewhere = (path: string, to: string | null): boolean =>
    [...histories].some(([other, steps]) => other !== path && steps.some((step) => !step.ours && step.to === to));
  const same = world.read.maskOf({ mode: '100644', oid: SAME });
  for (const [path, steps] of histories) {
    /** What stood there by gitferry, or before it. */
    const earlier = new Map<string | null, string | null>([[null, null]]);
    const held = new Set<string | null>();
    const pending: (string | null)[] = [];
    let content: string | null = null;
    let isRevert = false;
    let edited = false;
    let touched = false;
    let standing: string | null = null;
    let left: string | null = null;
    for (const { oid, ours, overwrites, content: released, reverts, to } of steps) {
      if (ours) {
        for (const one of pending.splice(0)) held.add(one);
        // A new rule may move what stands elsewhere; that brings nothing back, and leaving a path doesn't either.
        const leaves = to === null && released !== REMOVED;
        assert.ok(
          leaves || !held.has(released) || lifted.has(released ?? '') || isMove(world, oid) || elsewhere(path, to),
          `${oid} brought back to ${path} what a person had taken back`,
        );
        assert.ok(overwrites || !edited, `${oid} overwrote a person's edit of ${path}`);
        if (!touched) earlier.set(standing, null);
        touched = true;
        earlier.set(to, released);
        content = released;
        isRevert = reverts;
        left = to;
        edited = false;
      } else if (earlier.has(to)) {
        // Who takes a revert back means what had failed.
        if (!edited && content !== null && !isRevert) pending.push(content);
        isRevert = false;
        content = earlier.get(to) ?? null;
        held.delete(content);
        while (pending.includes(content)) pending.splice(pending.indexOf(content), 1);
        // There and back again before anyone looked is as if nothing had been.
        if (to === left) pending.length = 0;
        edited = false;
      } else {
        // What is edited before anyone looked was never seen to be taken back.
        pending.length = 0;
        edited = to !== same;
      }
      standing = to;
    }
  }
}

/** Invariants 3, 4, 6: linear history, a record for each release, none recorded twice, none empty, all announced. */
export function recordsMatch(world: World): void {
  const { repository, read } = world;
  const commits = read.commits(world.tip);
  for (const oid of commits) {
    const { parents, tree } = repository.commit(oid);
    assert.ok(parents.length <= 1, 'history is linear');
    const [parent] = parents;
    if (read.isRelease(oid) && parent !== undefined)
      assert.notEqual(tree, repository.commit(parent).tree, `${oid} changes nothing`);
  }
  const released = commits.flatMap((oid) => read.records(oid).map(({ unit }) => `${oid} ${unit}`));
  const recorded = events(world).flatMap(({ type, commit, unit }) => (type === 'landed' ? [`${commit} ${unit}`] : []));
  const message = 'each release has one record, and each record its release';
  assert.deepEqual(recorded.toSorted(), released.toSorted(), message);
  const announced = new Set(world.landed);
  // What no rule reaches any more is told again by the sweep alone, which goes through the ledger.
  const gone = (unit: string): boolean => isImage(unit) && !policiesOf(world.rules).has(unit);
  for (const unit of new Set(commits.flatMap((oid) => read.records(oid).map(({ unit }) => unit)))) {
    if (gone(unit)) continue;
    const { release = null, verdict = null } = recordOf(world.stateOf(unit)) ?? {};
    // Who says what became of it has heard of it.
    assert.ok(release === null || verdict !== null || announced.has(release), `${release} was never announced`);
  }
}

export interface LedgerEvent {
  readonly type: string;
  readonly unit: string | null;
  readonly commit?: string;
  readonly contents?: readonly string[];
  readonly verdict?: string;
  readonly release?: string;
}

/** All that the ledger says has happened, oldest first. */
export function events({ repository, read }: World): LedgerEvent[] {
  const ledger = repository.refs.get(LEDGER);
  return (ledger === undefined ? [] : read.commits(ledger)).flatMap(
    (oid) => JSON.parse(read.text(repository.entry(oid, 'events.json')?.oid)).events,
  );
}

/** The tree of the branch, without the rules: what two worlds must agree on. */
export function treeOfMain({ repository, tip }: World): Record<string, string | null> {
  const paths = ['apps', 'apps2', 'charts', 'charts2'];
  return Object.fromEntries(paths.map((path) => [path, standingOf(repository.entry(tip, path))]));
}
