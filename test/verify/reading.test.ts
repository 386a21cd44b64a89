import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { names, namesPath } from '../../functions/verify/judge/blame.ts';
import { beforeIn, isRenewed } from '../../functions/verify/look/evidence.ts';
import { foreignTo, hasTagOnly, usesImage } from '../../functions/verify/look/images.ts';
import { isJob, jobFacts } from '../../functions/verify/look/job.ts';
import { matchOwn } from '../../functions/verify/look/match.ts';
import { declaredIn } from '../../functions/verify/look/own.ts';
import { wordsOfPods } from '../../functions/verify/look/pods.ts';
import { isProbed } from '../../functions/verify/look/probe.ts';
import { isPromoted } from '../../functions/verify/look/promoted.ts';
import type { KubeObject } from '../../shared/agent/cluster.ts';
import { type Pod, readPod } from '../../shared/agent/pod.ts';
import { readWorkload } from '../../shared/agent/workload.ts';
import { deployment } from './objects.ts';
import { DIGEST, LANDED_AT, OTHER } from './sight.ts';

const iso = (seconds: number): string => new Date(LANDED_AT + seconds * 1000).toISOString();

describe('what an agent’s words name', () => {
  const api = { kind: 'Deployment', namespace: 'shop', name: 'api' };
  test('an object, and none whose name only begins or ends so', () => {
    for (const words of [
      'Deployment/shop/api dry-run failed',
      "timeout waiting for: [Job/x/y, Deployment/shop/api status: 'InProgress']",
      'deployment/api not ready.',
      'see Deployment/shop/api.',
    ])
      assert.ok(names(words, api), words);
    for (const words of [
      'Deployment/shop/api-gateway dry-run failed',
      'Deployment/shop/my-api failed',
      'StatefulSet/shop/api failed',
      'Deployment/other/api failed',
      'MyDeployment/shop/api failed',
      '',
    ])
      assert.ok(!names(words, api), words);
  });

  test('an object whose file names no namespace, in any', () => {
    assert.ok(names('Deployment/prod/api failed', { ...api, namespace: null }));
    assert.ok(names('Namespace/shop failed', { kind: 'Namespace', namespace: null, name: 'shop' }));
    assert.ok(!names('Namespace/shop/x failed', { kind: 'Namespace', namespace: null, name: 'shop' }));
  });

  test('a name that would be a pattern is none', () => {
    assert.ok(!names('Deployment/shop/apix', { kind: 'Deployment', namespace: 'shop', name: 'api.' }));
    assert.doesNotThrow(() => names('x', { kind: '(', namespace: '[', name: '*' }));
  });

  test('a file of the release, also below a folder of the agent’s own', () => {
    const paths = ['apps/shop/api.yaml', 'apps/web'];
    assert.ok(namesPath("accumulating '/tmp/kustomization-1/apps/shop/api.yaml': yaml", paths));
    assert.ok(namesPath('apps/web/x.yaml is broken', paths));
    assert.ok(!namesPath('other-apps/shop/api.yaml', paths));
    assert.ok(!namesPath('apps/shop/api.yaml2', paths));
    assert.ok(!namesPath('apps/webshop/x.yaml', paths));
    assert.ok(!namesPath('anything', ['']));
  });
});

describe('what a Deployment shows of the time before', () => {
  function shown(status: 'True' | 'False', since: number, pods: readonly Pod[] = [], made = -3600, generation = 1) {
    const one = deployment('shop/api', 'x');
    const conditions = [{ type: 'Available', status, lastTransitionTime: iso(since) }];
    const metadata = { ...one.metadata, creationTimestamp: iso(made), generation };
    return beforeIn(readWorkload({ ...one, metadata, status: { conditions } }), pods, LANDED_AT);
  }
  const old = (ready: boolean): Pod => {
    const status = { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] };
    return readPod({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'old', namespace: 'shop' }, status }, false);
  };

  test('it was made for the release', () => {
    assert.equal(shown('False', 2, [], 1), 'absent');
    assert.equal(shown('False', 2, [], -4), 'absent');
    assert.equal(shown('False', 2, [], -6), 'healthy');
    // It was made shortly before, and the release changed it.
    assert.equal(shown('False', -3, [], -4, 2), 'unhealthy');
    assert.equal(shown('True', -3, [], -4, 2), 'healthy');
    assert.equal(shown('False', 2, [], 1, 2), 'absent');
  });

  test('since when it has been available, or not', () => {
    assert.equal(shown('True', -60), 'healthy');
    assert.equal(shown('False', -60), 'unhealthy');
    assert.equal(shown('False', 3), 'healthy');
    assert.equal(shown('True', 3), 'unhealthy');
  });

  test('a pod of the old template that is Ready says most', () => {
    assert.equal(shown('False', -60, [old(true)]), 'healthy');
    assert.equal(shown('False', -60, [old(false)]), 'unhealthy');
  });

  test('pods of the newest template that are older than the release show that the template is, too', () => {
    const made = (seconds: number, current: boolean | null): Pod => {
      const metadata = { name: 'one', namespace: 'shop', creationTimestamp: iso(seconds) };
      return readPod({ apiVersion: 'v1', kind: 'Pod', metadata, status: {} }, current);
    };
    assert.ok(isRenewed([made(1, true), made(-600, false)], LANDED_AT));
    assert.ok(isRenewed([made(0, null)], LANDED_AT));
    assert.ok(!isRenewed([made(1, true), made(-1, true)], LANDED_AT));
    assert.ok(!isRenewed([made(-600, false)], LANDED_AT));
    assert.ok(!isRenewed([], LANDED_AT));
  });

  test('without a condition, the old pods; without those, nothing', () => {
    const bare = readWorkload({ ...deployment('shop/api', 'x'), status: {} });
    assert.equal(beforeIn(bare, [old(false)], LANDED_AT), 'unhealthy');
    assert.equal(beforeIn(bare, [{ ...old(false), going: true }], LANDED_AT), 'unknown');
    assert.equal(beforeIn(bare, [{ ...old(true), current: true }], LANDED_AT), 'unknown');
  });
});

describe('what a primary is told to run', () => {
  const target = deployment('shop/api', 'shop/api:2');
  const template = (object: KubeObject) => (object.spec as { template: { spec: object; metadata: object } }).template;
  const change = (spec: object, metadata: object = {}): KubeObject => ({
    ...target,
    spec: {
      template: {
        metadata: { ...template(target).metadata, ...metadata },
        spec: { ...template(target).spec, ...spec },
      },
    },
  });

  test('is what the target is told', () => {
    assert.ok(isPromoted(target, target));
    assert.ok(isPromoted(target, change({}, { labels: { app: 'api-primary' }, annotations: { 'flagger-id': 'x' } })));
    assert.ok(!isPromoted(target, deployment('shop/api', 'shop/api:1')));
  });

  test('but for what Flagger writes anew', () => {
    const volume = (name: string) => ({ volumes: [{ name: 'v', configMap: { name } }] });
    assert.ok(isPromoted(change(volume('settings')), change(volume('settings-primary'))));
    assert.ok(!isPromoted(change(volume('settings')), change(volume('others-primary'))));
    assert.ok(!isPromoted(change(volume('settings-primary')), change(volume('settings'))));
    assert.ok(isPromoted(change({ affinity: { a: 1 } }), change({ affinity: { b: 1 } })));
  });

  test('and not where anything else differs', () => {
    assert.ok(!isPromoted(change({ serviceAccountName: 'x' }), target));
    assert.ok(!isPromoted(target, change({ serviceAccountName: 'x' })));
    assert.ok(!isPromoted(change({ terminationGracePeriodSeconds: 1 }), change({ terminationGracePeriodSeconds: 2 })));
    assert.ok(
      !isPromoted(change({}, { annotations: { checksum: 'new' } }), change({}, { annotations: { checksum: 'old' } })),
    );
    assert.ok(!isPromoted({ ...target, spec: null }, { ...target, spec: null }));
  });
});

describe('images', () => {
  const image = { name: 'registry.example/shop/api', tag: '2', digest: DIGEST };
  const of = (reference: string) => readWorkload(deployment('shop/api', reference));
  const pod = (digest: string | null, more: Partial<Pod> = {}): Pod => ({
    ...readPod(deployment('shop/x', 'x'), null),
    running: [{ container: 'app', image: null, imageId: null, digest }],
    ...more,
  });

  test('a digest must be the one, whatever the tag', () => {
    assert.equal(foreignTo(of(`${image.name}:1@${DIGEST}`), null, image), null);
    assert.equal(foreignTo(of(`${image.name}:2@${OTHER}`), null, image), `${image.name}:2@${OTHER}`);
    assert.ok(!hasTagOnly(of(`${image.name}:1@${DIGEST}`), image));
  });

  test('of a tag, what pods run counts, once they say it', () => {
    assert.ok(hasTagOnly(of(`${image.name}:2`), image));
    assert.equal(foreignTo(of(`${image.name}:2`), [], image), null);
    assert.equal(foreignTo(of(`${image.name}:2`), [pod(null), pod(DIGEST)], image), null);
    assert.match(foreignTo(of(`${image.name}:2`), [pod(OTHER)], image) ?? '', /:2 as sha256:e/u);
    assert.equal(foreignTo(of(`${image.name}:2`), [pod(OTHER, { going: true })], image), null);
    assert.equal(foreignTo(of(`${image.name}:1`), [], image), `${image.name}:1`);
  });

  test('other images are none of it', () => {
    assert.equal(foreignTo(of('other:1'), [], image), null);
    assert.ok(usesImage(of(`${image.name}:9`), image));
    assert.ok(!usesImage(of('registry.example/shop/api-2:2'), image));
    assert.ok(!hasTagOnly(of('other:1'), image));
  });
});

describe('pods that are not Ready', () => {
  const broken = (name: string, reason: string, current: boolean | null = true): Pod =>
    readPod(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'shop' },
        status: {
          containerStatuses: [{ name: 'app', image: 'x', imageID: '', state: { waiting: { reason, message: 'm' } } }],
        },
      },
      current,
    );

  test('are told in their own words, what waiting does not mend first', () => {
    const words = wordsOfPods([broken('a', 'Whatever'), broken('b', 'ErrImagePull'), broken('c', 'x', false)]);
    assert.deepEqual(words, [
      { reason: 'ErrImagePull', message: 'b: ErrImagePull: m', firm: true },
      { reason: 'Whatever', message: 'a: Whatever: m', firm: false },
    ]);
  });

  test('where their template can’t be told, all count; those that go do not', () => {
    assert.equal(wordsOfPods([broken('a', 'CrashLoopBackOff', null)]).length, 1);
    assert.equal(wordsOfPods([{ ...broken('a', 'CrashLoopBackOff'), going: true }]).length, 0);
    assert.equal(wordsOfPods([{ ...broken('a', 'CrashLoopBackOff'), ready: true }]).length, 0);
    assert.equal(wordsOfPods(['a', 'b', 'c', 'd'].map((name) => broken(name, 'x'))).length, 3);
  });
});

test('a workload is probed when all of its containers are, or it waits by itself', () => {
  const one = deployment('shop/api', 'x');
  const spec = (containers: readonly object[], more: object = {}): KubeObject => ({
    ...one,
    spec: { template: { spec: { containers } }, ...more },
  });
  assert.ok(isProbed(one));
  assert.ok(isProbed(spec([{ startupProbe: {} }])));
  assert.ok(!isProbed(spec([{ readinessProbe: {} }, {}])));
  assert.ok(!isProbed(spec([])));
  assert.ok(isProbed(spec([{}], { minReadySeconds: 5 })));
  assert.ok(!isProbed(spec([{}], { minReadySeconds: 0 })));
});

test('a Job is there when it is Complete, and stuck when it failed', () => {
  const job = (type: string, status = 'True', made = -3600): KubeObject => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate', namespace: 'shop', creationTimestamp: iso(made) },
    status: { conditions: [{ type, status, reason: 'BackoffLimitExceeded', message: 'too often' }] },
  });
  assert.ok(isJob(job('Complete')));
  assert.ok(!isJob({ apiVersion: 'apps/v1', kind: 'Job' }));
  assert.equal(jobFacts(job('Complete'), LANDED_AT).complete, true);
  assert.equal(jobFacts(job('Complete', 'False'), LANDED_AT).complete, false);
  assert.deepEqual(jobFacts(job('Failed'), LANDED_AT).stuck, { reason: 'BackoffLimitExceeded', message: 'too often' });
  assert.equal(jobFacts(job('Failed', 'False'), LANDED_AT).stuck, null);
  assert.equal(jobFacts(job('Failed'), LANDED_AT).before, 'unknown');
  assert.equal(jobFacts(job('Failed', 'True', 1), LANDED_AT).before, 'absent');
});

describe('the objects of a unit', () => {
  test('are those of its files, also in lists; what can’t be read is left out', () => {
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }],
    });
    const found = declaredIn([
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: api, namespace: shop }\n---\n{}\n',
      'kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nmetadata: { name: x }\n',
      list,
      '{{ template }}: [',
      'a: &a [*a]',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: api, namespace: shop }\n',
    ]);
    assert.deepEqual(found, [
      { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'api' },
      { group: '', kind: 'Secret', namespace: null, name: 's' },
    ]);
  });

  test('are remembered as far as a table holds them', () => {
    const many = (length: number, name: string): number => {
      const one = (index: number) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}${index} }\n`;
      return declaredIn([Array.from({ length }, (_, index) => one(index)).join('---\n')]).length;
    };
    assert.equal(many(299, 'a'), 299);
    assert.equal(many(400, 'a'), 300);
    const long = declaredIn(
      Array.from({ length: 299 }, (_, index) => {
        const name = `${'n'.repeat(240)}${index}`;
        return `apiVersion: ${'g'.repeat(240)}/v1\nkind: ${'K'.repeat(240)}\nmetadata: { name: ${name} }\n`;
      }),
    );
    assert.ok(long.length > 50 && JSON.stringify(long).length < 101_000, String(long.length));
  });

  const held = (path: string, kind = 'Deployment', apiVersion = 'apps/v1') => {
    const [namespace = '', name = ''] = path.split('/');
    return { apiVersion, kind, namespace, name };
  };
  const api = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'api' };
  const foundIn = (...all: ReturnType<typeof held>[]): string[] =>
    matchOwn([api], all).found.map(({ namespace, name }) => `${namespace}/${name}`);

  test('are found by kind and name, in their own namespace first', () => {
    assert.deepEqual(foundIn(held('shop/api'), held('prod/api')), ['shop/api']);
    assert.deepEqual(foundIn(held('prod/api'), held('test/api')), ['prod/api', 'test/api']);
    assert.deepEqual(foundIn(held('shop/api', 'StatefulSet')), []);
    assert.deepEqual(foundIn(held('shop/api', 'Deployment', 'example.com/v1')), []);
  });

  test('and by a longer name, if there is only one', () => {
    assert.deepEqual(foundIn(held('shop/eu-api')), ['shop/eu-api']);
    assert.deepEqual(foundIn(held('shop/api-v2')), ['shop/api-v2']);
    assert.deepEqual(foundIn(held('shop/eu-api'), held('shop/api-gateway')), []);
    assert.deepEqual(foundIn(held('shop/api'), held('shop/api-gateway')), ['shop/api']);
    assert.deepEqual(foundIn(held('shop/eu-api-v2')), []);
    assert.deepEqual(matchOwn([api], [held('shop/web')]).missing, [api]);
  });
});
