// `npm run bench:cluster`: from the door to the cluster and back, with real controllers, beside a push by native git.
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type ClusterFlow, startClusterFlow } from '../cluster/flows/flow.ts';
import { app, imageOf, kustomization, rules, SHOPS } from '../cluster/flows/manifests.ts';
import { gitRepository } from '../cluster/manifests.ts';
import { isReady } from '../cluster/objects.ts';
import { WEBHOOK_SECRET } from '../servers/stack.ts';
import { clonedEdit } from './image-peer.ts';
import { coldStarts, table } from './load.ts';
import { median } from './measure.ts';

const RUNS = 20;
const FAILURES = 3;
const COUNTED = 5;

const since = (begin: number): number => (performance.now() - begin) / 1000;
const spread = (values: readonly number[]): string =>
  `median ${median(values).toFixed(2)} s, maximum ${Math.max(...values).toFixed(2)} s of ${values.length}`;

/** The names of the shops: pushed through a webhook, through the queue, edited by native git, dropped as a file, failing, and counted. */
const [DOOR, QUEUE, PEER, FILE, FAIL, COUNT] = ['door', 'queue', 'peer', 'file', 'fail', 'count'] as const;

function imageIs(flow: ClusterFlow, name: string, part: string) {
  return flow.cluster.until('Deployment', SHOPS, name, ({ spec }) =>
    spec.template.spec.containers[0].image.includes(part),
  );
}

/** A registry's notification, as it reaches the function URL. */
async function notify(flow: ClusterFlow, name: string, tag: string, digest: string): Promise<void> {
  const target = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, repository: `shop/${name}`, tag };
  const event = { id: tag, action: 'push', target, request: { host: flow.registry.host, method: 'PUT' } };
  const answer = await fetch(`${flow.stack.receiveUrl}/distribution`, {
    method: 'POST',
    headers: {
      'content-type': 'application/vnd.docker.distribution.events.v2+json',
      authorization: `Bearer ${WEBHOOK_SECRET}`,
    },
    body: JSON.stringify({ events: [event] }),
  });
  if (answer.status >= 300) throw new Error(`receive answered ${answer.status}: ${await answer.text()}`);
}

/** Seconds of `RUNS` rounds, after one that finds nothing warm; each begins when the one before has ended in the cluster. */
async function rounds(flow: ClusterFlow, round: (index: number) => Promise<number>): Promise<number[]> {
  const seconds: number[] = [];
  for (let index = 0; index <= RUNS; index += 1) {
    const wall = await round(index);
    if (index > 0) seconds.push(wall);
    await flow.stack.settled();
  }
  return seconds;
}

async function nudges(flow: ClusterFlow, work: () => Promise<void>): Promise<number> {
  const asked = async (): Promise<string> =>
    (await flow.cluster.get('GitRepository', 'flux-system', 'main'))?.metadata.annotations?.[
      'reconcile.fluxcd.io/requestedAt'
    ] ?? '';
  const before = await asked();
  const tip = await flow.repository.git('rev-parse', 'main');
  await work();
  while ((await flow.repository.git('rev-parse', 'main')) === tip) await delay(1);
  const begin = performance.now();
  await flow.cluster.until(
    'GitRepository',
    'flux-system',
    'main',
    ({ metadata }) => (metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] ?? '') !== before,
  );
  return since(begin);
}

async function cloned(flow: ClusterFlow, index: number): Promise<number> {
  const begin = performance.now();
  await clonedEdit(
    flow.stack.repository,
    `${flow.registry.host}/shop/${PEER}`,
    `2.0.${index}`,
    `apps/${PEER}/deployment.yaml`,
  );
  await flow.cluster.patch('GitRepository', 'flux-system', 'main', {
    metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } },
  });
  await imageIs(flow, PEER, `:2.0.${index}`);
  return since(begin);
}

/** From a pod that says that it can't run to the commit that takes its release back. */
async function failures(flow: ClusterFlow): Promise<number[]> {
  await flow.cluster.kubelet.fail((image) =>
    /\/fail:1\.\d+\.1@/u.test(image) ? { reason: 'CrashLoopBackOff', message: 'no' } : null,
  );
  const seconds: number[] = [];
  for (let index = 0; index < FAILURES; index += 1) {
    const verdicts = flow.told('Verdict', imageOf(FAIL)).length;
    await flow.push(FAIL, `1.${index}.0`);
    await flow.next('Verdict', imageOf(FAIL), verdicts);
    const landed = flow.told('Landed', imageOf(FAIL)).length;
    const bad = await flow.push(FAIL, `1.${index}.1`);
    while (!(await flow.cluster.list('Pod', SHOPS, `app=${FAIL}`)).some((pod) => waits(pod, bad))) await delay(10);
    const begin = performance.now();
    await flow.next('Landed', imageOf(FAIL), landed + 1);
    seconds.push(since(begin));
    await flow.next('Verdict', imageOf(FAIL), verdicts + 2);
  }
  return seconds;
}

/** Of one release after the other, each followed to its verdict, as the API server counts. */
async function requestsOf(flow: ClusterFlow): Promise<{ readonly nudge: number; readonly verify: number }> {
  const count = async (user: string): Promise<number> => (await flow.cluster.requests(user)).length;
  const before = { nudge: await count('nudge'), verify: await count('verify') };
  const verdicts = flow.told('Verdict', imageOf(COUNT)).length;
  for (let index = 0; index < COUNTED; index += 1) {
    await flow.push(COUNT, `1.0.${index}`);
    await flow.next('Verdict', imageOf(COUNT), verdicts + index);
  }
  const of = async (user: 'nudge' | 'verify'): Promise<number> => ((await count(user)) - before[user]) / COUNTED;
  return { nudge: await of('nudge'), verify: await of('verify') };
}

// biome-ignore lint/suspicious/noExplicitAny: a pod as the API has it.
function waits({ spec, status }: any, digest: string): boolean {
  return spec.containers[0].image.endsWith(digest) && status?.containerStatuses?.[0]?.state?.waiting !== undefined;
}

console.log(
  `Node ${process.version}, ${cpus().length} cores; all on 127.0.0.1; source-controller and kubelet are stand-ins\n`,
);
const names = [DOOR, QUEUE, PEER, FAIL, COUNT];
const flow = await startClusterFlow({
  controllers: ['kustomize'],
  namespaces: [SHOPS],
  files: (registry) => ({
    'gitferry.yaml': rules(registry, [DOOR, QUEUE, FAIL, COUNT]),
    [`apps/${FILE}/other.yaml`]: settings('other', 0),
    ...Object.fromEntries(names.map((name) => [`apps/${name}/deployment.yaml`, app(registry, name)])),
  }),
});
try {
  await flow.cluster.apply([gitRepository('flux-system', 'main', flow.stack.repository)]);
  await flow.cluster.apply([...names, FILE].map((name) => kustomization(name, { wait: false })));
  for (const name of [...names, FILE]) await flow.cluster.until('Kustomization', 'flux-system', name, isReady);

  // Before there are others that are still followed.
  const asked = await requestsOf(flow);
  const door = await rounds(flow, async (index) => {
    const digest = flow.registry.push(`shop/${DOOR}`, `1.0.${index}`);
    const begin = performance.now();
    await notify(flow, DOOR, `1.0.${index}`, digest);
    await imageIs(flow, DOOR, digest);
    return since(begin);
  });
  console.log(`image: webhook -> Deployment changed:     ${spread(door)}`);
  const queue = await rounds(flow, async (index) => {
    const begin = performance.now();
    const digest = await flow.push(QUEUE, `1.0.${index}`);
    await imageIs(flow, QUEUE, digest);
    return since(begin);
  });
  console.log(`image: changes queue -> Deployment changed: ${spread(queue)}`);
  const file = await rounds(flow, async (index) => {
    const begin = performance.now();
    await flow.stack.put(`config/${FILE}/settings.yaml`, settings(FILE, index));
    await flow.cluster.until('ConfigMap', SHOPS, FILE, ({ data }) => data.number === `${index}`);
    return since(begin);
  });
  console.log(`file: upload -> object changed:            ${spread(file)}`);
  const peer = await rounds(flow, (index) => cloned(flow, index));
  console.log(`git clone, edit, push, annotate -> changed: ${spread(peer)}`);
  console.log(`ratio of the last to the first: ${(median(peer) / median(door)).toFixed(2)}`);
  const nudged: number[] = [];
  for (let index = 0; index < RUNS; index += 1) {
    nudged.push(await nudges(flow, async () => void (await flow.push(QUEUE, `1.1.${index}`))));
    await flow.stack.settled();
  }
  console.log(`commit -> GitRepository annotated:          ${spread(nudged)}`);
  console.log(`pod fails -> revert landed:                 ${spread(await failures(flow))}`);
  console.log(`API requests of nudge a release:            ${asked.nudge.toFixed(1)}`);
  console.log(`API requests of verify a verdict:           ${asked.verify.toFixed(1)}`);
} finally {
  await flow[Symbol.asyncDispose]();
}

console.log(`\n${table(await coldStarts(['nudge', 'verify', 'notify', 'mirror', 'receive', 'sweep']))}`);

function settings(name: string, number: number): string {
  const data = { number: `${number}` };
  return stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: SHOPS }, data });
}
