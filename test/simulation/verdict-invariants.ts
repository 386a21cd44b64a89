import assert from 'node:assert/strict';
import { readTrailer } from '../../shared/git/trailers.ts';
import { fileOf, isImage } from '../../shared/ledger/place.ts';
import { rebuild } from '../../shared/ledger/rebuild.ts';
import type { UnitState } from '../../shared/ledger/state.ts';
import { mirrorOf } from '../../shared/unit/unit.ts';
import { memoryRemote } from './memory-remote.ts';
import { sameSaid } from './references.ts';
import { isCovered, policiesOf } from './rules.ts';
import { isMove, type Made, stands, type VerdictHistory, verdictHistory } from './verdict-history.ts';
import type { World } from './world.ts';

/** What holds of verdicts, rollbacks and lifted holds, by what commits and the ledger's events tell. */
export function verdictsAreRespected(world: World): void {
  const history = verdictHistory(world);
  verdictsAreTold(world, history);
  theGuiltyStayAway(history);
  for (const [at, made] of history.made.entries())
    if (made.release.reverts !== undefined) {
      revertIsSound(world, history, made, at);
      revertIsNarrow(world, history, made);
      if (!isImage(made.unit)) revertGoesToItsTarget(world, history, made, at);
    }
  releasesGoBackWhole(world, history);
  conflictsAreTold(world, history);
}

/** A verdict is recorded once for each release and unit, and told. */
function verdictsAreTold({ notices }: World, { entries }: VerdictHistory): void {
  const told = new Set(
    notices.map(({ type, detail }) =>
      type === 'Verdict' ? `${detail.release} ${detail.unit} ${detail.verdict}` : detail.id,
    ),
  );
  const seen = new Set<string>();
  for (const { events } of entries)
    for (const { type, release, unit, verdict, reason, id } of events) {
      if (type === 'verdict') {
        const key = `${release} ${unit}`;
        assert.ok(!seen.has(key), `${key} was judged twice`);
        seen.add(key);
        assert.ok(told.has(`${key} ${verdict}`), `that ${key} is ${verdict} was never told`);
      }
      if (type === 'stalled' && reason?.startsWith('Revert'))
        assert.ok(told.has(id), `${reason} of ${unit} was never told`);
    }
}

/** What failed or was rolled back is released again by people alone. */
function theGuiltyStayAway({ made }: VerdictHistory): void {
  for (const { oid, unit, release, guilty } of made)
    assert.ok(release.content === null || !guilty.has(release.content), `${oid} brings back what failed of ${unit}`);
}

/** A release is taken back once, says so, and a revert only if a person asked for it. */
function revertIsSound(world: World, { made, entries }: VerdictHistory, revert: Made, at: number): void {
  const { oid, unit, release, held } = revert;
  const failed = made.findLast((one) => one.release.release === release.reverts && sameUnit(one, unit));
  assert.ok(failed !== undefined, `${oid} takes back what never landed`);
  const twice = made.slice(0, at).some((one) => one.unit === unit && one.release.reverts === release.reverts);
  assert.ok(!twice, `${oid} takes ${release.reverts} back once more`);
  const said = readTrailer(world.repository.commit(oid).message, 'Gitferry-Reverts');
  assert.deepEqual(said, [release.reverts]);
  const lost = failed.release.content;
  const isHeld = readTrailer(world.repository.commit(oid).message, 'Gitferry-Held').includes(lost ?? '');
  const moved = isMove(made, revert.delivered, unit, failed.release);
  assert.ok(lost === null || moved || (isHeld && held.includes(lost)), `${oid} does not hold what failed`);
  const asked = entries.some(({ events }) =>
    events.some((event) => event.type === 'asked' && event.release === release.reverts),
  );
  const judged = entries.some(({ events }) =>
    events.some(
      ({ type, release: id, verdict, onFailure }) =>
        type === 'verdict' && id === release.reverts && verdict === 'failed' && onFailure === 'revert',
    ),
  );
  // Without atomic pushes another verdict may be recorded between the two refs.
  const raced =
    !world.repository.atomic &&
    world.asked.some(
      (one) =>
        one.kind !== 'lift' && one.release === release.reverts && (one.kind === 'rollback' || one.verdict === 'failed'),
    );
  const isOwed = judged && failed.release.reverts === undefined;
  assert.ok(asked || raced || isOwed, `${oid} takes back what nobody asked for`);
}

function sameUnit({ unit }: Made, other: string): boolean {
  return unit === other || (isImage(unit) && isImage(other));
}

/** It changes places of its own unit alone; references in files that go back keep what they say. */
function revertIsNarrow(world: World, { made }: VerdictHistory, { oid, unit }: Made): void {
  const { read } = world;
  const parent = read.parent(oid) ?? '';
  const own = made.filter((one) => sameUnit(one, unit)).flatMap(({ release }) => Object.keys(release.changed));
  const [was, is] = [read.said(parent), read.said(oid)];
  for (const path of read.changed(oid)) {
    const isOwn = own.some((place) =>
      isImage(unit) ? fileOf(place) === path : path === place || path.startsWith(`${place}/`),
    );
    assert.ok(isOwn, `${oid} takes ${unit} back and changes ${path}`);
    if (isImage(unit))
      assert.equal(read.standing(oid, path), read.standing(parent, path), `${oid} changes more of ${path}`);
  }
  if (!isImage(unit) && policiesOf(world.rules).size > 0)
    for (const [place, said] of is)
      if (was.has(place) && isCovered(world.rulesOf(oid), place.slice(0, place.indexOf(' '))))
        assert.ok(sameSaid(was.get(place), said), `${oid} takes ${unit} back and moves ${place}`);
}

/** Invariant 10: the latest delivered content that is not held, else the latest before it, else what stood before. */
function revertGoesToItsTarget({ read }: World, { made }: VerdictHistory, revert: Made, at: number): void {
  const { oid, unit, release, held, delivered } = revert;
  const own = made.slice(0, at).filter((one) => one.unit === unit);
  const failed = own.findLastIndex((one) => one.release.release === release.reverts);
  const usable = own
    .slice(0, failed)
    .filter((one) => one.release.content !== null && !held.includes(one.release.content));
  const target = usable.findLast((one) => delivered.has(`${one.release.release} ${unit}`)) ?? usable.at(-1);
  const places = new Set(own.flatMap((one) => Object.keys(one.release.changed)));
  const before = read.parent(own[failed]?.oid ?? '') ?? '';
  // What a person had set back, a move for example, stood before it, too.
  const isPersons = peopleTouched(read, places, own[0]?.oid ?? '', before);
  if (isPersons && [...places].every((path) => read.standing(oid, path) === read.standing(before, path))) return;
  assert.equal(release.content, target?.release.content ?? null, `${oid} takes ${unit} to no known content`);
  for (const path of places) {
    // What a person set back since stays as it is.
    const left = read.standing(read.parent(oid) ?? '', path);
    if (read.standing(oid, path) === left && left !== read.standing(own[failed]?.oid ?? '', path)) continue;
    const first = own.find((one) => path in one.release.changed)?.oid ?? '';
    const then = target === undefined || !touched(own, target, path) ? (read.parent(first) ?? '') : target.oid;
    assert.equal(read.standing(oid, path), read.standing(then, path), `${oid} does not take ${path} back`);
  }
}

/** Whether a commit by people after one and up to another changed any of these paths. */
function peopleTouched(read: World['read'], places: ReadonlySet<string>, from: string, to: string): boolean {
  const commits = to === '' ? [] : read.commits(to);
  return commits.slice(commits.indexOf(from) + 1).some((oid) => {
    const parent = read.parent(oid);
    if (parent === null || read.isRelease(oid)) return false;
    return [...places].some((path) => read.standing(oid, path) !== read.standing(parent, path));
  });
}

/** Whether a path was one of the unit's when a release landed. */
function touched(own: readonly Made[], target: Made, path: string): boolean {
  return own.slice(0, own.indexOf(target) + 1).some((one) => path in one.release.changed);
}

/** What landed together goes back together, as far as nothing came over it since. */
function releasesGoBackWhole({ read }: World, { made }: VerdictHistory): void {
  for (const [at, revert] of made.entries()) {
    const id = revert.release.reverts;
    if (id === undefined) continue;
    const since = made.slice(0, at);
    for (const member of made.filter((one) => one.release.release === id && one.unit !== revert.unit)) {
      if (isImage(member.unit) || isImage(revert.unit) || Object.keys(member.release.changed).length === 0) continue;
      if (made.some((one) => one.unit === member.unit && one.release.reverts === id)) continue;
      const newer = since.some((one) => one.unit === member.unit && (one.release.release ?? '') > id);
      const places = Object.keys(member.release.changed);
      const parent = read.parent(revert.oid) ?? '';
      const left = places.every((path) => read.standing(parent, path) === read.standing(member.oid, path));
      assert.ok(newer || !left, `${revert.oid} takes ${revert.unit} back, and leaves ${member.unit}`);
    }
  }
}

/** What failed and stands all the same was told. */
function conflictsAreTold(world: World, { made, entries, guilt }: VerdictHistory): void {
  for (const [unit, guilty] of guilt) {
    const newest = made.findLast((one) => one.unit === unit);
    const content = newest?.release.content ?? null;
    if (newest === undefined || content === null || !guilty.has(content) || newest.release.reverts !== undefined)
      continue;
    const told = entries.flatMap(({ events }) => events);
    const about = told.some(
      (event) => event.unit === unit && event.type === 'stalled' && event.reason === 'RevertConflict',
    );
    const others = told.filter(({ type, reason }) => type === 'stalled' && reason === 'RevertConflict');
    const inGroup = others.some((event) => made.some((one) => one.unit === event.unit && one.oid === newest.oid));
    const judged = told.some(
      (event) =>
        (event.type === 'asked' ||
          (event.type === 'verdict' && event.verdict === 'failed' && event.onFailure === 'revert')) &&
        event.release === newest.release.release,
    );
    if (!judged || about || inGroup) continue;
    if (isImage(unit)) {
      const image = policiesOf(world.rules).get(unit);
      const left = [...world.read.said(world.tip)].filter(
        ([place, said]) =>
          said.image === image && said.digest === content && isCovered(world.rules, place.slice(0, place.indexOf(' '))),
      );
      assert.ok(left.length === 0, `${unit} failed and stands at ${left[0]?.[0]}`);
    } else
      assert.ok(
        !stands(
          world,
          made.filter((one) => one === newest),
          unit,
          content,
          world.tip,
        ),
        `${unit} failed and stands`,
      );
  }
}

/** A ledger that is written afresh from trailers holds what it held when each unit was released last. */
export async function rebuildHoldsTheSame(world: World): Promise<void> {
  const { repository } = world;
  const { entries, made } = verdictHistory(world);
  const held = new Map<string, readonly string[]>();
  for (const unit of new Set(made.map((one) => one.unit))) {
    const newest = made.findLast((one) => one.unit === unit);
    const entry = entries.find(({ events }) =>
      events.some(({ type, commit }) => type === 'landed' && commit === newest?.oid),
    );
    if (newest?.release.reverts === undefined || entry === undefined) continue;
    const about = entry.events.filter((event) => event.unit === unit);
    if (about.at(-1)?.type === 'landed') held.set(unit, world.stateAt(entry.oid, unit).held);
  }
  if (held.size === 0) return;
  const identity = { name: 'gitferry', email: 'noreply@gitferry.dev', seconds: 1, zone: '+0000' };
  await rebuild({
    remote: memoryRemote(repository, async () => {}, { loseAnswer: false }),
    ...{ deployment: 'sim', branch: 'main', identity, signer: null, trustAuthor: true },
    mirrorOf: (unit) => mirrorOf(unit).mirror,
  });
  for (const [unit, contents] of held) {
    const state: UnitState = world.stateOf(unit);
    if (world.repository.atomic)
      assert.deepEqual([...state.held].sort(), [...contents].sort(), `${unit}: other holds when rebuilt`);
  }
}
