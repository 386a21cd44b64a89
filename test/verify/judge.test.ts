import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Facts, NOTHING_REMEMBERED } from '../../functions/verify/facts.ts';
import { judge } from '../../functions/verify/judge/judge.ts';
import { CRASH, cluster, crashing, facts, failing, follower, idle, LANDED_AT, PAST, workload } from './sight.ts';

const DEADLINE = 600_000;
const CRASHED = facts({ workloads: [crashing()] });

/** What looks at these facts, at these seconds, come to: the verdict's reason, or `wait`. Looks after a verdict are none. */
function looks(...seen: readonly (readonly [number, Facts])[]): string {
  let memory = NOTHING_REMEMBERED;
  for (const [seconds, found] of seen) {
    const judged = judge(found, memory, { now: LANDED_AT + seconds * 1000, deadline: LANDED_AT + DEADLINE });
    if (judged.kind === 'verdict') return `${judged.verdict} ${judged.reason}`;
    if (judged.kind === 'settled') return 'settled';
    memory = judged.remember;
  }
  return 'wait';
}

const before = facts({ followers: [idle()], workloads: [workload()] });
const redBefore = facts({ followers: [idle()], workloads: [crashing()] });

describe('applied', () => {
  test('what its agent applied, and what runs as a whole, is delivered', () => {
    assert.equal(looks([1, facts()]), 'delivered Delivered');
  });

  test('what an agent has not come to yet is waited for, however healthy it is', () => {
    assert.equal(looks([1, before], [30, before]), 'wait');
    assert.equal(looks([1, facts({ followers: [follower({ applied: 'unknown', attempted: 'unknown' })] })]), 'wait');
  });

  test('all that hold anything of the unit must have it', () => {
    const other = idle({ name: 'Kustomization flux-system/shop' });
    assert.equal(looks([1, facts({ followers: [follower(), other] })]), 'wait');
  });

  test('one that holds nothing of the unit counts only while not all of the unit was found', () => {
    const other = idle({ name: 'Kustomization flux-system/all', holds: false });
    assert.equal(looks([1, facts({ followers: [follower(), other] })]), 'delivered Delivered');
    const missing = ['ConfigMap settings'];
    assert.equal(looks([1, facts({ followers: [follower(), other], missing })]), 'wait');
  });

  test('one of which nobody knows whether it concerns the unit counts only where nothing else does', () => {
    const vague = idle({ name: 'Kustomization flux-system/parts', holds: false, certain: false });
    const missing = ['ConfigMap settings'];
    const first = follower({ holds: false });
    assert.equal(looks([1, facts({ followers: [first, vague], missing })]), 'delivered Delivered');
    assert.equal(looks([1, facts({ followers: [vague], missing })]), 'wait');
  });

  test('a chart that comes again under its version is not taken for delivered', () => {
    const past = { ...PAST, sameVersion: true };
    const followers = [follower({ kind: 'helm-release', byVersion: true })];
    assert.equal(looks([1, facts({ followers }, { past })]), 'inconclusive ChartVersionSeen');
    assert.equal(looks([1, facts({}, { past })]), 'delivered Delivered');
  });

  test('while Git can’t be asked nothing is delivered', () => {
    const git = { reason: 'ServerUnavailable', message: 'The Git server is down.' };
    assert.equal(looks([1, facts({}, { git })]), 'wait');
    assert.equal(looks([700, facts({}, { git })]), 'timed-out DeadlinePassed');
  });
});

describe('an agent that fails', () => {
  const named = failing('ReconciliationFailed', 'Deployment/shop/api dry-run failed', { named: true });

  test('fails a release whose object it names, seen twice, where it was Ready before', () => {
    const seen = facts({ followers: [named], workloads: [] });
    assert.equal(looks([1, before], [2, seen]), 'wait');
    assert.equal(looks([1, before], [2, seen], [11, seen]), 'wait');
    assert.equal(looks([1, before], [2, seen], [12, seen]), 'failed ApplyFailed');
  });

  test('only while the same attempt fails', () => {
    const next = failing('ReconciliationFailed', 'Deployment/shop/api dry-run failed', { named: true, revision: 'x' });
    const seen = facts({ followers: [named], workloads: [] });
    assert.equal(looks([1, before], [2, seen], [12, facts({ followers: [next], workloads: [] })]), 'wait');
  });

  test('is not believed where it was not Ready before', () => {
    const red = facts({ followers: [idle({ ready: false })], workloads: [] });
    const seen = facts({ followers: [named], workloads: [] });
    assert.equal(looks([1, red], [2, seen], [20, seen]), 'inconclusive UnhealthyBefore');
    assert.equal(looks([2, seen], [20, seen]), 'inconclusive NotComparable');
  });

  test('fails a release that it tried alone, on top of what it had applied, whatever it names', () => {
    const alone = facts({ followers: [failing('BuildFailed', 'no such file', { alone: true })], workloads: [] });
    assert.equal(looks([2, alone], [20, alone]), 'failed BuildFailed');
  });

  test('of somebody else’s object, blames nobody, and at the deadline it can’t be told', () => {
    const others = facts({ followers: [failing('BuildFailed', 'apps/other.yaml')], workloads: [] });
    assert.equal(looks([1, before], [2, others], [300, others]), 'wait');
    assert.equal(looks([1, before], [2, others], [601, others]), 'inconclusive OthersFail');
  });

  test('a failure of another revision is none of this release', () => {
    const older = failing('BuildFailed', 'apps/shop/api.yaml', { named: true, alone: true, attempted: 'before' });
    const seen = facts({ followers: [older], workloads: [] });
    assert.equal(looks([1, seen], [20, seen], [300, seen]), 'wait');
  });

  test('of a chart is HelmReleaseFailed', () => {
    const helm = failing('UpgradeFailed', 'timed out', { kind: 'helm-release', named: true, alone: true });
    const seen = facts({ followers: [helm], workloads: [] });
    assert.equal(looks([2, seen], [20, seen]), 'failed HelmReleaseFailed');
    // Helm may have rolled back, so that the workloads are fine again; they were not before.
    const red = facts({ followers: [helm], workloads: [workload({ before: 'unhealthy' })] });
    assert.equal(looks([2, red], [20, red]), 'inconclusive UnhealthyBefore');
  });

  test('health checks of others fail nothing of the unit: what was applied and runs is delivered', () => {
    const others = failing('HealthCheckFailed', 'timeout waiting for: [Deployment/shop/web]', { afterwards: true });
    assert.equal(looks([1, before], [2, facts({ followers: [others] })]), 'delivered Delivered');
    assert.equal(looks([1, before], [2, facts({ followers: [others], missing: ['ConfigMap x'] })]), 'wait');
    assert.equal(looks([1, before], [2, facts({ followers: [others], workloads: [] })]), 'wait');
  });

  test('a health check that names the workload gives it up, in the words of its pods', () => {
    const words = 'timeout waiting for: [Deployment/shop/api status: InProgress]';
    const gaveUp = failing('HealthCheckFailed', words, { afterwards: true, named: true });
    const soft = { reason: 'ContainersNotReady', message: 'containers with unready status: [api]', firm: false };
    const slow = crashing({ pods: [soft] });
    assert.equal(looks([1, before], [2, facts({ workloads: [slow] })], [300, facts({ workloads: [slow] })]), 'wait');
    const seen = facts({ followers: [gaveUp], workloads: [slow] });
    assert.equal(looks([1, before], [2, seen], [20, seen]), 'failed PodNotReady');
    const silent = facts({ followers: [gaveUp], workloads: [crashing({ pods: [] })] });
    assert.equal(looks([1, before], [2, silent], [20, silent]), 'failed RolloutFailed');
    const longer = { ...gaveUp, failing: { reason: 'HealthCheckFailed', message: '[Deployment/shop/api-gateway]' } };
    const spared = facts({ followers: [{ ...longer, named: false }], workloads: [slow] });
    assert.equal(looks([1, before], [2, spared], [20, spared]), 'wait');
  });

  test('a health check that names something of the unit that is no workload fails it', () => {
    const gaveUp = failing('HealthCheckFailed', 'Certificate/shop/tls', { afterwards: true, named: true });
    const seen = facts({ followers: [gaveUp] });
    assert.equal(looks([1, before], [2, seen], [20, seen]), 'failed HealthCheckFailed');
  });
});

describe('running', () => {
  test('a pod that can’t run fails the release in two looks, ten seconds apart, where the workload was healthy', () => {
    assert.equal(looks([1, before], [2, CRASHED]), 'wait');
    assert.equal(looks([1, before], [2, CRASHED], [11, CRASHED]), 'wait');
    assert.equal(looks([1, before], [2, CRASHED], [12, CRASHED]), 'failed PodNotReady');
  });

  test('one that comes back between is not failed', () => {
    const slow = facts({ workloads: [crashing({ pods: [] })] });
    assert.equal(looks([1, before], [2, CRASHED], [8, slow], [13, CRASHED]), 'wait');
    assert.equal(looks([1, before], [2, CRASHED], [8, slow], [13, facts()]), 'delivered Delivered');
  });

  test('what was not there before may fail, and is guilty', () => {
    const nothing = facts({ followers: [idle()], workloads: [] });
    assert.equal(looks([1, nothing], [2, CRASHED], [12, CRASHED]), 'failed PodNotReady');
  });

  test('what was red before is not failed; it has until the deadline to get well', () => {
    assert.equal(looks([1, redBefore], [2, CRASHED], [300, CRASHED]), 'wait');
    assert.equal(looks([1, redBefore], [2, CRASHED], [300, facts()]), 'delivered Delivered');
    assert.equal(looks([1, redBefore], [2, CRASHED], [601, CRASHED]), 'inconclusive UnhealthyBefore');
  });

  test('nor is what nobody can compare', () => {
    assert.equal(looks([2, CRASHED], [300, CRASHED]), 'wait');
    assert.equal(looks([2, CRASHED], [601, CRASHED]), 'inconclusive NotComparable');
  });

  test('a first look that comes too late goes by what the cluster shows, its first word before its later ones', () => {
    const shows = (state: 'healthy' | 'unhealthy' | 'absent') => facts({ workloads: [crashing({ before: state })] });
    assert.equal(looks([2, shows('healthy')], [12, shows('healthy')]), 'failed PodNotReady');
    assert.equal(looks([2, shows('absent')], [12, shows('absent')]), 'failed PodNotReady');
    assert.equal(looks([2, shows('unhealthy')], [601, shows('healthy')]), 'inconclusive UnhealthyBefore');
    assert.equal(looks([2, shows('healthy')], [12, shows('unhealthy')]), 'failed PodNotReady');
  });

  test('and then by how the release before it ended', () => {
    const past = { ...PAST, delivered: true };
    const seen = facts({ workloads: [crashing()] }, { past });
    assert.equal(looks([2, seen], [12, seen]), 'failed PodNotReady');
    const red = facts({ workloads: [crashing({ before: 'unhealthy' })] }, { past });
    assert.equal(looks([2, red], [12, red]), 'wait');
  });

  test('what was seen before the agent began outweighs what is seen later', () => {
    const later = facts({ workloads: [crashing({ before: 'healthy' })] });
    assert.equal(looks([1, redBefore], [2, later], [12, later]), 'wait');
  });

  test('an agent that began while it was looked at does not make its own doing what was before', () => {
    const shows = { renewed: true, before: 'healthy' } as const;
    const begun = facts({ followers: [idle()], workloads: [crashing(shows)] });
    const later = facts({ workloads: [crashing(shows)] });
    assert.equal(looks([1, begun], [2, later], [12, later]), 'failed PodNotReady');
  });

  test('a rollout that Kubernetes gave up is told at once, even where it was red before', () => {
    const stuck = { reason: 'ProgressDeadlineExceeded', message: 'has timed out progressing' };
    const seen = facts({ workloads: [crashing({ pods: [], stuck })] });
    assert.equal(looks([1, before], [2, seen], [12, seen]), 'failed RolloutFailed');
    assert.equal(looks([1, redBefore], [2, seen], [12, seen]), 'inconclusive UnhealthyBefore');
  });

  test('another generation is another rollout', () => {
    const next = facts({ workloads: [crashing({ generation: 3 })] });
    assert.equal(looks([1, before], [2, CRASHED], [12, next]), 'wait');
  });

  test('while the workload runs other images, nothing is judged of it', () => {
    const other = facts({ workloads: [workload({ foreign: 'shop/api:1' })] });
    assert.equal(looks([2, other]), 'wait');
    assert.equal(looks([2, other], [601, other]), 'timed-out DeadlinePassed');
    const bad = facts({ workloads: [crashing({ foreign: 'shop/api:1' })] });
    assert.equal(looks([1, before], [2, bad], [20, bad]), 'wait');
  });

  test('what has no probe must run for ten seconds', () => {
    const quick = facts({ workloads: [workload({ probed: false })] });
    assert.equal(looks([1, before], [2, quick]), 'wait');
    assert.equal(looks([1, before], [2, quick], [12, quick]), 'delivered Delivered');
    assert.equal(looks([1, before], [2, quick], [12, CRASHED], [22, CRASHED]), 'failed PodNotReady');
  });

  test('before the agent has begun, a crash is none of the release', () => {
    assert.equal(looks([1, before], [2, redBefore], [20, redBefore]), 'wait');
  });
});

describe('ends', () => {
  test('nothing that follows, until the deadline', () => {
    const none = facts({ followers: [], workloads: [] });
    assert.equal(looks([1, none], [599, none]), 'wait');
    assert.equal(looks([1, none], [600, none]), 'inconclusive NothingFollows');
  });

  test('a suspended agent, until the deadline; what it had applied before counts', () => {
    const suspended = facts({ followers: [idle({ suspended: true })] });
    assert.equal(looks([1, suspended], [599, suspended]), 'wait');
    assert.equal(looks([600, suspended]), 'inconclusive AgentSuspended');
    assert.equal(looks([1, facts({ followers: [follower({ suspended: true })] })]), 'delivered Delivered');
  });

  test('the deadline names what was waited for', () => {
    const found = facts({ followers: [idle()] });
    const judged = judge(found, NOTHING_REMEMBERED, { now: LANDED_AT + DEADLINE, deadline: LANDED_AT + DEADLINE });
    assert.ok(judged.kind === 'verdict');
    assert.equal(judged.verdict, 'timed-out');
    assert.match(judged.message, /Kustomization flux-system\/apps in one is at main@sha1:b{40}/u);
  });

  test('a failure that shows only at the deadline is looked at once more, and no longer', () => {
    assert.equal(looks([1, before], [600, CRASHED]), 'wait');
    assert.equal(looks([1, before], [600, CRASHED], [610, CRASHED]), 'failed PodNotReady');
    assert.equal(looks([1, before], [625, CRASHED]), 'timed-out DeadlinePassed');
  });

  test('a newer state of the unit supersedes it, unless it was delivered meanwhile', () => {
    const past = { ...PAST, superseded: true };
    assert.equal(looks([1, facts({ followers: [idle()] }, { past })]), 'superseded NewerRelease');
    assert.equal(looks([1, before], [2, CRASHED], [12, { ...CRASHED, past }]), 'superseded NewerRelease');
    assert.equal(looks([1, facts({}, { past })]), 'delivered Delivered');
  });

  test('what has its verdict in the ledger is left alone', () => {
    assert.equal(looks([1, facts({}, { past: { ...PAST, verdict: 'delivered' } })]), 'settled');
  });
});

describe('several clusters', () => {
  const away = cluster({
    cluster: 'two',
    fault: { reason: 'ClusterUnreachable', message: 'The cluster two does not answer.' },
    followers: [],
    workloads: [],
  });
  const both = (...clusters: readonly ReturnType<typeof cluster>[]): Facts => ({ clusters, past: PAST, git: null });

  test('delivered means delivered in all that follow it', () => {
    const two = cluster({ cluster: 'two' });
    assert.equal(looks([1, both(cluster(), two)]), 'delivered Delivered');
    assert.equal(looks([1, both(cluster(), { ...two, followers: [idle()] })]), 'wait');
    assert.equal(looks([1, both(cluster(), { ...two, followers: [], workloads: [] })]), 'delivered Delivered');
  });

  test('failed in one is failed', () => {
    const fine = cluster({ cluster: 'two' });
    const start = both(cluster({ followers: [idle()] }), { ...fine, followers: [idle()] });
    const bad = both(cluster({ workloads: [crashing()] }), fine);
    assert.equal(looks([1, start], [2, bad], [12, bad]), 'failed PodNotReady');
  });

  test('what was seen in one cluster says nothing of another', () => {
    const start = both(cluster({ followers: [idle()] }), away);
    const two = cluster({ cluster: 'two', workloads: [crashing()] });
    assert.equal(looks([1, start], [2, both(cluster(), two)], [12, both(cluster(), two)]), 'wait');
  });

  test('one that can’t be asked is waited for, and named at the deadline', () => {
    assert.equal(looks([1, both(cluster(), away)]), 'wait');
    const judged = judge(both(cluster(), away), NOTHING_REMEMBERED, { now: LANDED_AT, deadline: LANDED_AT });
    assert.ok(judged.kind === 'verdict' && judged.verdict === 'timed-out');
    assert.match(judged.message, /The cluster two does not answer/u);
  });
});

test('a failure that was seen asks to be looked at again when it can be believed', () => {
  const first = judge(before, NOTHING_REMEMBERED, { now: LANDED_AT, deadline: LANDED_AT + DEADLINE });
  assert.ok(first.kind === 'wait');
  assert.equal(first.soon, null);
  const second = judge(CRASHED, first.remember, { now: LANDED_AT, deadline: LANDED_AT + DEADLINE });
  assert.ok(second.kind === 'wait');
  assert.equal(second.soon, 10_000);
  assert.match(second.words, /Deployment shop\/api in one: CrashLoopBackOff: /u);
  assert.equal(CRASH.firm, true);
});
