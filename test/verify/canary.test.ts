import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CanaryFacts, type Facts, NOTHING_REMEMBERED, type WorkloadFacts } from '../../functions/verify/facts.ts';
import { judge } from '../../functions/verify/judge/judge.ts';
import { CRASH, canary, facts, idle, LANDED_AT, OLD_PRIMARY, workload } from './sight.ts';

function seen(given: Partial<CanaryFacts>, more: Partial<WorkloadFacts> = {}): Facts {
  return facts({ workloads: [workload({ canary: canary(given), ...more })] });
}

function looks(...all: readonly (readonly [number, Facts])[]): string {
  let memory = NOTHING_REMEMBERED;
  for (const [seconds, found] of all) {
    const judged = judge(found, memory, { now: LANDED_AT + seconds * 1000, deadline: LANDED_AT + 600_000 });
    if (judged.kind === 'verdict') return `${judged.verdict} ${judged.reason}`;
    if (judged.kind === 'settled') return 'settled';
    memory = judged.remember;
  }
  return 'wait';
}

const FAILED = { phase: 'Failed', lastPromotedSpec: 'old', primary: OLD_PRIMARY };

describe('a canary is delivered', () => {
  test('when its primary runs what the target says', () => {
    for (const phase of ['Succeeded', 'Initialized']) assert.equal(looks([1, seen({ phase })]), 'delivered Delivered');
  });

  test('also after a revert: the phase stays Failed, and the specs differ', () => {
    const back = { phase: 'Failed', lastAppliedSpec: 'bad', lastPromotedSpec: 'new' };
    assert.equal(looks([1, seen(back)]), 'delivered Delivered');
  });

  test('though its target has no pods any more', () => {
    assert.equal(looks([1, seen({}, { complete: false, available: false })]), 'delivered Delivered');
  });

  test('not while Flagger is at work, whatever the primary runs', () => {
    for (const phase of ['Initializing', 'Waiting', 'Progressing', 'WaitingPromotion', 'Promoting', 'Finalising', null])
      assert.equal(looks([1, seen({ phase })]), 'wait', String(phase));
  });

  test('not when it succeeded with something else: fault 50', () => {
    for (const phase of ['Succeeded', 'Initialized']) {
      const other = seen({ phase, primary: OLD_PRIMARY });
      assert.equal(looks([1, other], [300, other]), 'wait', phase);
      assert.equal(looks([1, other], [600, other]), 'timed-out DeadlinePassed', phase);
    }
  });

  test('not before its primary is rolled out', () => {
    const rolling = seen({ primary: { ...OLD_PRIMARY, promoted: true, complete: false } });
    assert.equal(looks([1, rolling], [300, rolling]), 'wait');
  });

  test('not before Flagger must have seen what changed beside the template', () => {
    const same = seen({ watched: true });
    assert.equal(looks([1, same], [40, same]), 'wait');
    assert.equal(looks([1, same], [41, same]), 'delivered Delivered');
    const begun = seen({ watched: true, phase: 'Progressing' });
    assert.equal(looks([1, same], [20, begun], [41, same]), 'wait');
  });

  test('not while its target has other images', () => {
    assert.equal(looks([1, seen({}, { foreign: 'shop/api:1' })]), 'wait');
  });
});

describe('a canary fails', () => {
  test('when it is Failed in two looks, an interval apart, of the same spec', () => {
    const failed = seen(FAILED);
    assert.equal(looks([1, failed]), 'wait');
    assert.equal(looks([1, failed], [30, failed]), 'wait');
    assert.equal(looks([1, failed], [31, failed]), 'failed CanaryFailed');
  });

  test('not when Flagger takes another spec meanwhile', () => {
    const later = seen({ ...FAILED, lastAppliedSpec: 'newer' });
    assert.equal(looks([1, seen(FAILED)], [31, later]), 'wait');
  });

  test('not when it is begun anew between', () => {
    const again = seen({ ...FAILED, phase: 'Progressing' });
    assert.equal(looks([1, seen(FAILED)], [20, again], [31, seen(FAILED)]), 'wait');
  });

  test('not for a release that its agent has not applied: the phase is of the one before', () => {
    const early = facts({ followers: [idle()], workloads: [workload({ canary: canary(FAILED) })] });
    assert.equal(looks([1, early], [31, early], [90, early]), 'wait');
  });

  test('nobody, while it is only waiting, or its target’s pods come up', () => {
    const trying = seen({ ...FAILED, phase: 'Progressing' }, { complete: false, pods: [CRASH] });
    const start = facts({ followers: [idle()], workloads: [workload({ canary: canary({ primary: OLD_PRIMARY }) })] });
    assert.equal(looks([0, start], [1, trying], [31, trying], [300, trying]), 'wait');
  });

  test('without anyone to blame where the primary was not available either', () => {
    const red = seen({ ...FAILED, primary: { ...OLD_PRIMARY, available: false } });
    assert.equal(looks([1, red], [31, red]), 'inconclusive NotComparable');
  });

  test('in Flagger’s own words', () => {
    const failed = seen({ ...FAILED, words: 'Canary analysis failed.' });
    const first = judge(failed, NOTHING_REMEMBERED, { now: LANDED_AT, deadline: LANDED_AT + 600_000 });
    assert.ok(first.kind === 'wait');
    assert.equal(first.soon, 30_000);
    assert.match(first.words, /Canary shop\/api failed: Canary analysis failed\./u);
  });
});

describe('a first deployment', () => {
  const FIRST = { phase: 'Initializing', lastAppliedSpec: null, lastPromotedSpec: null, primary: null } as const;
  const nothing = facts({ followers: [idle()], workloads: [] });

  test('is delivered when it is Initialized, without ever having been Progressing', () => {
    assert.equal(looks([1, nothing], [2, seen(FIRST)], [9, seen({ phase: 'Initialized' })]), 'delivered Delivered');
  });

  test('fails by its pods, before Flagger has anything to compare', () => {
    const bad = seen(FIRST, { complete: false, pods: [CRASH] });
    assert.equal(looks([1, nothing], [2, bad], [12, bad]), 'failed PodNotReady');
    const unseen = seen({ ...FIRST, phase: null, primary: OLD_PRIMARY }, { complete: false, pods: [CRASH] });
    assert.equal(looks([1, nothing], [2, unseen], [12, unseen]), 'failed PodNotReady');
  });

  test('and by those of the primary that Flagger made', () => {
    const primary = { promoted: true, complete: false, available: false, pods: [CRASH] };
    const bad = seen({ ...FIRST, primary });
    assert.equal(looks([1, nothing], [2, bad], [12, bad]), 'failed PodNotReady');
  });
});

test('a suspended canary waits for a person', () => {
  const suspended = seen({ suspended: true, phase: 'Succeeded', primary: OLD_PRIMARY });
  assert.equal(looks([1, suspended], [600, suspended]), 'inconclusive AgentSuspended');
});

test('what takes the traffic tells how things were before, where the canary’s target has no pods', () => {
  const stuck = { reason: 'ProgressDeadlineExceeded', message: 'timed out' };
  const idleTarget = { complete: false, available: false, pods: [CRASH] };
  const start = (available: boolean) =>
    facts({
      followers: [idle()],
      workloads: [workload({ ...idleTarget, canary: canary({ primary: { ...OLD_PRIMARY, available } }) })],
    });
  const bad = facts({ workloads: [workload({ complete: false, stuck })] });
  assert.equal(looks([1, start(true)], [2, bad], [12, bad]), 'failed RolloutFailed');
  assert.equal(looks([1, start(false)], [2, bad], [12, bad]), 'inconclusive UnhealthyBefore');
});
