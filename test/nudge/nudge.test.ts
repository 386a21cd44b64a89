import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Retryable, Stalled } from '../../shared/errors.ts';
import { fakeCluster } from '../agent/fake-cluster.ts';
import { gitRepository, REPOSITORY } from '../agent/objects.ts';
import { release } from '../notify/notices.ts';
import { failure } from '../source/fixture.ts';
import { forbidden, landed, NOON, run, unreachable } from './fixture.ts';

const cluster = (name: string) => fakeCluster(name, [gitRepository('main')]);

/** Throws each time that a list is asked for, and counts the attempts by one of the lists. */
function failing(name: string, fault: () => Error, times = Number.POSITIVE_INFINITY) {
  const fake = cluster(name);
  const count = { attempts: 0 };
  fake.before = (request) => {
    if (request === 'list GitRepository') count.attempts += 1;
    if (request === 'list GitRepository' && count.attempts <= times) throw fault();
  };
  return { fake, count };
}

test('a cluster that hangs keeps no other waiting, and is told again', async () => {
  const gate = Promise.withResolvers<void>();
  const list = async () => {
    await gate.promise;
    throw unreachable();
  };
  const well = cluster('well');
  const deps = run([{ ...cluster('hangs'), list }, well]);
  const first = Promise.withResolvers<string>();
  deps.onLog = first.resolve;
  const told = failure(deps.tell(landed()));
  assert.equal(await first.promise, 'nudged well');
  assert.equal(well.annotated.length, 1);
  gate.resolve();
  const error = await told;
  assert.deepEqual([error.name, error.reason, error.facts.open], ['Retryable', 'NudgeIncomplete', ['hangs']]);
  assert.match(error.message, /hangs \(ClusterUnreachable\)/u);
  assert.deepEqual(deps.notices, [], 'an outage is told to nobody');
});

test('an outage that passes is not noticed', async () => {
  const { fake, count } = failing('prod', unreachable, 2);
  const deps = run([fake]);
  await deps.tell(landed());
  assert.deepEqual([count.attempts, deps.logged, fake.annotated.length], [3, ['nudged prod'], 1]);
});

test('one that asks for more time than there is gets it from the next run', async () => {
  const patient = failing('prod', () => new Retryable('ClusterBusy', 'Later.', { retryAfter: 30 }));
  const late = failing('prod', unreachable);
  assert.equal((await failure(run([patient.fake]).tell(landed()))).reason, 'NudgeIncomplete');
  await failure(run([late.fake], [], { remaining: () => 3000 }).tell(landed()));
  assert.deepEqual([patient.count.attempts, late.count.attempts], [1, 1]);
});

test('a cluster that just started refuses everybody: it is tried again', async () => {
  const { fake, count } = failing('prod', forbidden, 2);
  const deps = run([fake]);
  await deps.tell(landed());
  assert.deepEqual([count.attempts, fake.annotated.length, deps.notices], [3, 1, []]);
});

test('what only a person can mend is told, with one id for a day', async () => {
  const { fake, count } = failing('prod', forbidden);
  let now = NOON;
  const deps = run([fake, cluster('well')], [], { now: () => now });
  await deps.tell(landed());
  assert.equal(count.attempts, 3);
  const [first] = deps.notices;
  assert.equal(first?.type, 'NudgeFailed');
  const { id, ...told } = first?.detail ?? {};
  assert.deepEqual(told, {
    ...{ deployment: 'production', repository: REPOSITORY, branch: 'main', release: release(1) },
    ...{ cluster: 'prod', reason: 'ClusterForbidden', message: 'It does not let gitferry list gitrepositories.' },
    ...{ hint: 'Apply nudge.yaml.', at: NOON.toISOString() },
  });
  now = new Date('2030-01-01T23:59:00.000Z');
  await deps.tell(landed({ release: release(2) }));
  now = new Date('2030-01-02T00:01:00.000Z');
  await deps.tell(landed({ release: release(3) }));
  const ids = deps.notices.map(({ detail }) => detail.id);
  assert.deepEqual([ids[0], ids[1]], [id, id]);
  assert.notEqual(ids[2], id);
});

test('a fault that trying again does not cure is tried once', async () => {
  const { fake, count } = failing('prod', () => new Stalled('KubeConfigUnusable', 'It is no kubeconfig.'));
  const deps = run([fake]);
  await deps.tell(landed());
  assert.deepEqual([count.attempts, deps.notices.map(({ detail }) => detail.reason)], [1, ['KubeConfigUnusable']]);
});

test('a fault of the program is thrown as it is, after the others are told', async () => {
  const { fake } = failing('prod', () => new TypeError('a bug'));
  const well = cluster('well');
  await assert.rejects(run([fake, well]).tell(landed()), TypeError);
  assert.equal(well.annotated.length, 1);
});

test('ways that can’t be read are told, and keep no cluster waiting', async () => {
  const well = cluster('well');
  const ways = async () => Promise.reject(new Stalled('NudgesUnusable', 'They are no JSON.'));
  const deps = run([well], [], { ways });
  await deps.tell(landed());
  assert.equal(well.annotated.length, 1);
  assert.deepEqual(
    deps.notices.map(({ detail }) => [detail.cluster, detail.reason]),
    [['the ways to nudge', 'NudgesUnusable']],
  );
});

test('the same landing twice asks twice, and harms nothing', async () => {
  const fake = cluster('prod');
  const deps = run([fake]);
  await deps.tell(landed());
  await deps.tell(landed());
  assert.equal(new Set(fake.annotated).size, 1);
  assert.deepEqual(deps.notices, []);
});

for (const [what, event] of [
  ['a landing of another deployment', landed({ deployment: 'staging' })],
  ['another event', { ...landed(), 'detail-type': 'Verdict' }],
  ['an event that somebody else sent', { ...landed(), source: 'acme' }],
  ['a commit that is none', landed({ commit: '../../etc/passwd' })],
  ['more paths than are told', landed({ paths: Array.from({ length: 101 }, (_, n) => `${n}`) })],
  ['nothing', null],
  ['a text', 'Landed'],
] as const)
  test(`${what} is left alone`, async () => {
    const fake = cluster('prod');
    const deps = run([fake], [], { ways: () => assert.fail('the ways were read') });
    await deps.tell(event);
    assert.deepEqual([fake.listed, fake.annotated], [[], []]);
    assert.deepEqual(deps.logged, ['not a landing of this deployment']);
  });
