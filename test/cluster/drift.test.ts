import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import type { Cluster } from './cluster.ts';
import { type ClusterFlow, startClusterFlow } from './flows/flow.ts';
import { kustomization, rules, SHOPS } from './flows/manifests.ts';
import { DIGEST, deployment } from './manifests.ts';
import { isReady } from './objects.ts';

const NAMES = ['edited', 'scaled', 'asleep', 'other', 'plain', 'overlaid', 'gone'];
const imageOf = (name: string): string => `registry.example.com/${name}:1@${DIGEST}`;
const CONFIG_MAP = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'plain', namespace: SHOPS },
  data: { a: '1' },
};
const OVERLAY = 'resources: [deployment.yaml]\ncommonAnnotations: { team: shop }\n';

/** A cluster is called by its kubeconfig: every function must have the same name for it. */
function named(cluster: Cluster, user: string): string {
  const path = join(cluster.folder, user, 'shops.kubeconfig');
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(cluster.kubeconfig(user), path);
  return path;
}

/** The functions as they are deployed, with the rights that are shipped, before real controllers. */
describe('drift in a real cluster', () => {
  let flow: ClusterFlow;

  before(async () => {
    flow = await startClusterFlow({
      controllers: ['kustomize'],
      namespaces: [SHOPS],
      drift: true,
      environments: (cluster) => ({
        nudge: { GITFERRY_KUBECONFIG: named(cluster, 'nudge') },
        sweep: { GITFERRY_KUBECONFIG: named(cluster, 'verify') },
      }),
      files: (registry) => ({
        'gitferry.yaml': rules(registry, []),
        ...Object.fromEntries(
          NAMES.map((name) => [`apps/${name}/deployment.yaml`, stringify(deployment(SHOPS, name, imageOf(name), 1))]),
        ),
        'apps/plain/config.yaml': stringify(CONFIG_MAP),
        'apps/overlaid/kustomization.yaml': OVERLAY,
      }),
    });
    await flow.cluster.apply(NAMES.map((name) => kustomization(name)));
    for (const name of NAMES) await flow.cluster.until('Kustomization', 'flux-system', name, isReady);
  });
  after(() => flow?.[Symbol.asyncDispose]());

  /** What the next sweep tells of an object, or of all: `FieldsChanged Deployment/edited: <message>`. */
  async function swept(name?: string): Promise<string[]> {
    const from = flow.told('Drift').length;
    await flow.stack.runSchedules();
    await flow.stack.settled();
    return flow
      .told('Drift')
      .slice(from)
      .map((detail) => ({ ...detail, object: detail.object as { kind: string; name: string } }))
      .filter(({ object }) => name === undefined || object.name === name)
      .map(
        ({ gone, reason, object, message }: Record<string, unknown> & { object: { kind: string; name: string } }) =>
          `${gone ? 'gone ' : ''}${reason} ${object.kind}/${object.name}: ${message}`,
      );
  }

  it('tells nothing of a cluster that is as Git says', async () => {
    assert.deepEqual(await swept(), []);
    const failed = flow.stack.happenings.filter(({ kind }) => kind === 'failed');
    assert.deepEqual(failed, []);
  });

  it('tells once of what a person changed, tells when Flux set it right, and has it set right when asked to', async () => {
    const { cluster, repository } = flow;
    await cluster.kubectl(['-n', SHOPS, 'scale', 'deployment', 'scaled', '--replicas=2']);
    await cluster.kubectl(['-n', SHOPS, 'set', 'image', 'deployment/other', 'other=registry.example.com/other:2']);
    await cluster.kubectl(['-n', SHOPS, 'set', 'env', 'deployment/edited', 'COLOUR=red']);
    await cluster.kubectl(['-n', SHOPS, 'annotate', 'deployment/overlaid', 'team=mine', '--overwrite']);
    await cluster.kubectl(['-n', SHOPS, 'patch', 'configmap', 'plain', '-p', '{"data":{"a":"2"}}']);
    // Not by kubectl, and taken out: nobody owns what is missing.
    await cluster.patch('Deployment', SHOPS, 'plain', { spec: { minReadySeconds: 7 } });
    await cluster.kubectl([
      '-n',
      'flux-system',
      'patch',
      'kustomization',
      'asleep',
      '--type=merge',
      '-p',
      '{"spec":{"suspend":true}}',
    ]);
    await cluster.kubectl(['-n', SHOPS, 'rollout', 'restart', 'deployment/gone']);

    const found = (await swept()).map((line) => line.replace(/ at \d{4}-[^)]*Z/gu, '')).sort();
    assert.deepEqual(found, [
      'AgentSuspended Kustomization/asleep: Kustomization flux-system/asleep is suspended: what lands does not get into the cluster by it.',
      'FieldsChanged ConfigMap/plain: ConfigMap shops/plain was changed: data.a (by kubectl-patch).',
      'FieldsChanged Deployment/edited: Deployment shops/edited was changed: spec.template.spec.containers[name=edited].env[name=COLOUR].name, spec.template.spec.containers[name=edited].env[name=COLOUR].value (by kubectl-set).',
      'FieldsChanged Deployment/overlaid: Deployment shops/overlaid was changed: metadata.annotations.team (by kubectl-annotate).',
      'FieldsChanged Deployment/scaled: Deployment shops/scaled was changed: spec.replicas (by kubectl).',
      `ImageDiffers Deployment/other: Deployment shops/other is not what Git declares: its container other has registry.example.com/other:2 where Git says ${imageOf('other')} (by kubectl-set).`,
    ]);
    assert.deepEqual(await swept(), []);
    assert.deepEqual(flow.told('Converge'), []);

    await cluster.kubectl([
      '-n',
      'flux-system',
      'patch',
      'kustomization',
      'asleep',
      '--type=merge',
      '-p',
      '{"spec":{"suspend":false}}',
    ]);
    await cluster.until('Kustomization', 'flux-system', 'asleep', isReady);
    await repository.commit({ 'gitferry.yaml': rules('registry.example.com', [], '2m', 'drift: converge\n') });
    await swept();
    assert.deepEqual(
      [...new Set(flow.told('Converge').map(({ object }) => (object as { name: string }).name))].sort(),
      ['edited', 'other', 'overlaid', 'plain', 'scaled'],
    );
    await cluster.until('Deployment', SHOPS, 'scaled', ({ spec }) => spec.replicas === 1);
    await cluster.until('ConfigMap', SHOPS, 'plain', ({ data }) => data.a === '1');
    for (const name of ['edited', 'other', 'overlaid', 'plain', 'scaled'])
      await cluster.until(
        'Kustomization',
        'flux-system',
        name,
        (object) => isReady(object) && object.status.lastHandledReconcileAt !== undefined,
      );
    const gone = await swept();
    assert.deepEqual(gone.map((line) => line.replace(/:.*/u, '')).sort(), [
      'gone FieldsChanged ConfigMap/plain',
      'gone FieldsChanged Deployment/edited',
      'gone FieldsChanged Deployment/overlaid',
      'gone FieldsChanged Deployment/scaled',
      'gone ImageDiffers Deployment/other',
    ]);
    assert.deepEqual(await swept(), []);
  });

  it('tells by its managers what it may not try out, and nothing of what it may not list', async () => {
    const { cluster } = flow;
    await cluster.kubectl(['delete', 'clusterrolebinding', 'gitferry-drift']);
    await cluster.kubectl(['-n', SHOPS, 'scale', 'deployment', 'gone', '--replicas=2']);
    await cluster.kubectl(['-n', SHOPS, 'patch', 'configmap', 'plain', '-p', '{"data":{"a":"3"}}']);
    assert.deepEqual(
      (await swept()).map((line) => line.replace(/:.*/u, '')),
      ['FieldsChanged Deployment/gone'],
    );
    // Flux, which was asked to, may have set it right by now.
    assert.deepEqual(
      (await swept()).filter((line) => !line.startsWith('gone FieldsChanged Deployment/gone')),
      [],
    );
    assert.deepEqual(
      flow.stack.happenings.filter(({ kind }) => kind === 'failed'),
      [],
    );
  });

  it('tells that a cluster does not let it look, with the missing permission, and that it does again', async () => {
    const { cluster } = flow;
    const binding = await cluster.kubectl(['get', 'clusterrolebinding', 'gitferry-verify', '-o', 'yaml']);
    await cluster.kubectl(['delete', 'clusterrolebinding', 'gitferry-verify']);
    const [told = '', ...others] = await swept();
    assert.match(
      told,
      /^ClusterForbidden Cluster\/shops: shops does not let verify list \w+\.[\w.]+ in all namespaces\./u,
    );
    assert.deepEqual(others, []);
    await cluster.kubectl(['apply', '-f', '-'], { stdin: binding });
    const back = await swept('shops');
    assert.match(back.join(), /^gone ClusterForbidden Cluster\/shops/u);
  });
});
