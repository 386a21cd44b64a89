import assert from 'node:assert/strict';
import { oidOf } from '../../shared/git/object.ts';
import { REMOVED, recordOf, standingOf } from '../../shared/ledger/state.ts';
import { LEDGER, MAIN, type World } from './world.ts';

/** One commit's change of one path. */
interface Step {
  readonly oid: string;
  readonly ours: boolean;
  readonly overwrites: boolean;
  /** What a release put there, as a whole: its content's digest. */
  readonly content: string | null;
  readonly to: string | null;
}

/** What happened to each path that gitferry ever touched, oldest first; beginning with what stood there at first. */
function pathHistories(world: World): Map<string, { readonly first: string | null; readonly steps: Step[] }> {
  const { repository } = world;
  const commits = [...repository.history(world.tip, null)].reverse();
  const paths = new Set(commits.filter((oid) => world.isRelease(oid)).flatMap((oid) => world.pathsOf(oid)));
  const histories = new Map<string, { first: string | null; steps: Step[] }>();
  for (const path of paths) {
    let standing: string | null = null;
    const steps: Step[] = [];
    for (const oid of commits) {
      const to = standingOf(repository.entry(oid, path));
      if (to !== standing) {
        const config = repository.entry(oid, 'gitferry.yaml');
        const text = Buffer.from(repository.objects.get(config?.oid ?? '')?.bytes ?? []).toString();
        const ours = world.isRelease(oid);
        const content = ours ? world.contentOf(oid) : null;
        steps.push({ oid, ours, overwrites: text.includes('onEdit: overwrite'), content, to });
      }
      standing = to;
    }
    histories.set(path, { first: null, steps });
  }
  return histories;
}

/** What people also write by hand, and an upload may bring: it is adopted when it does. */
const SAME = standingOf({ mode: '100644', oid: oidOf({ type: 'blob', bytes: Buffer.from('one: 1\n') }) });

/** Invariant 2, path by path: what a person took back stays back, and what a person edited is not overwritten silently. */
export function peopleAreRespected(world: World): void {
  const histories = pathHistories(world);
  /** Who takes a move back sets the same content elsewhere again: that is held nowhere. */
  const elsewhere = (path: string, to: string | null): boolean =>
    [...histories].some(([other, { steps }]) => other !== path && steps.some((step) => !step.ours && step.to === to));
  for (const [path, { first, steps }] of histories) {
    /** What stood there by gitferry, or before it. */
    const earlier = new Map<string | null, string | null>([[first, null]]);
    const held = new Set<string | null>();
    const pending: (string | null)[] = [];
    let content: string | null = null;
    let edited = false;
    let touched = false;
    let standing = first;
    let left = first;
    for (const { oid, ours, overwrites, content: released, to } of steps) {
      if (ours) {
        for (const one of pending.splice(0)) held.add(one);
        // A new rule may move what stands elsewhere; that brings nothing back, and leaving a path doesn't either.
        const leaves = to === null && released !== REMOVED;
        assert.ok(
          leaves || !held.has(released) || world.isMove(oid) || elsewhere(path, to),
          `${oid} brought back to ${path} what a person had taken back`,
        );
        assert.ok(overwrites || !edited, `${oid} overwrote a person's edit of ${path}`);
        if (!touched) earlier.set(standing, null);
        touched = true;
        earlier.set(to, released);
        content = released;
        left = to;
        edited = false;
      } else if (earlier.has(to)) {
        if (!edited && content !== null) pending.push(content);
        content = earlier.get(to) ?? null;
        held.delete(content);
        while (pending.includes(content)) pending.splice(pending.indexOf(content), 1);
        // There and back again before anyone looked is as if nothing had been.
        if (to === left) pending.length = 0;
        edited = false;
      } else {
        // What is edited before anyone looked was never seen to be taken back.
        pending.length = 0;
        edited = to !== SAME;
      }
      standing = to;
    }
  }
}

/** Invariants 3, 4, 6: linear history, a record for each release, none recorded twice, none empty, all announced. */
export function recordsMatch(world: World): void {
  const { repository } = world;
  const commits = [...repository.history(world.tip, null)];
  for (const oid of commits) {
    const { parents, tree } = repository.commit(oid);
    assert.ok(parents.length <= 1, 'history is linear');
    const [parent] = parents;
    if (world.isRelease(oid) && parent !== undefined)
      assert.notEqual(tree, repository.commit(parent).tree, `${oid} changes nothing`);
  }
  const released = commits.filter((oid) => world.isRelease(oid));
  const ledger = repository.refs.get(LEDGER);
  const recorded: string[] = [];
  for (const oid of ledger === undefined ? [] : repository.history(ledger, null)) {
    const entry = repository.entry(oid, 'events.json');
    const { events } = JSON.parse(Buffer.from(repository.objects.get(entry?.oid ?? '')?.bytes ?? []).toString());
    for (const event of events) if (event.type === 'landed') recorded.push(event.commit);
  }
  assert.deepEqual(
    recorded.toSorted(),
    released.toSorted(),
    'each release has one record, and each record its release',
  );
  const announced = new Set(world.landed);
  for (const unit of new Set(released.map((oid) => world.unitOf(oid)))) {
    const release = recordOf(world.stateOf(unit))?.release ?? null;
    assert.ok(release === null || announced.has(release), `${release} was never announced`);
  }
}

/** The tree of the branch, without the rules: what two worlds must agree on. */
export function treeOfMain(world: World): Record<string, string | null> {
  const { repository } = world;
  const tip = repository.refs.get(MAIN) as string;
  const paths = ['apps', 'apps2', 'charts', 'charts2'];
  return Object.fromEntries(paths.map((path) => [path, standingOf(repository.entry(tip, path))]));
}
