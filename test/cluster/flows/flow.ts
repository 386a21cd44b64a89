import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { REGION } from '../../../infra/local/definitions.ts';
import type { BusEvent } from '../../../infra/local/pattern.ts';
import { CREDENTIALS } from '../../../infra/local/queues.ts';
import type { Change } from '../../../shared/change/change.ts';
import { formatChange } from '../../../shared/change/own.ts';
import { type GitRepository, makeRepository } from '../../servers/git-repository.ts';
import { type ImageRegistry, imageRegistry } from '../../servers/image-registry.ts';
import { startStack, type TestStack } from '../../servers/stack.ts';
import { type Cluster, startCluster } from '../cluster.ts';
import type { Controller } from '../controllers.ts';
import { gitRepository } from '../manifests.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** A verdict that was told may take so long, in milliseconds: a canary is analysed for the better part of a minute. */
const PATIENCE = 150_000;

/** The functions, bundled, with the roles that are shipped; the cluster with its real controllers; Git between the two. */
export interface ClusterFlow extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly stack: TestStack;
  readonly repository: GitRepository;
  readonly registry: ImageRegistry;
  /** Lets a tag of `shop/<name>` point to an image of this content, and tells gitferry; returns its digest. */
  push(name: string, tag: string, content?: string): Promise<string>;
  /** Tells the changes queue. */
  tell(change: Change): Promise<void>;
  /** What was told of a kind since the flow began, by unit where there is one. */
  told(type: string, unit?: string): readonly Detail[];
  /** The next of them beyond the first `seen`, as soon as it is told. */
  next(type: string, unit: string, seen?: number): Promise<Detail>;
  show(path: string): Promise<string>;
}

/** What an event of the bus says. */
export type Detail = Readonly<Record<string, unknown>>;

export interface FlowOptions {
  readonly controllers: readonly Controller[];
  readonly namespaces?: readonly string[];
  /** The repository's files, `gitferry.yaml` among them, with the registry's host. */
  readonly files: (registry: string) => Readonly<Record<string, string>>;
  /** Whether RBAC for dry runs is applied as well. */
  readonly drift?: boolean;
  /** The rights of the functions in the cluster, where they are not those that are shipped. */
  readonly roles?: string;
  /** Milliseconds before events are given to functions again that failed. */
  readonly retries?: readonly number[];
  readonly environments?: (cluster: Cluster) => Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const USERS = [
  { name: 'nudge', groups: ['gitferry:nudge'] },
  { name: 'verify', groups: ['gitferry:verify'] },
];

export async function startClusterFlow(options: FlowOptions): Promise<ClusterFlow> {
  await using started = new AsyncDisposableStack();
  const registry = started.use(await imageRegistry());
  const files = options.files(registry.host);
  const repository = await makeRepository(files);
  started.defer(() => repository.remove());
  const { controllers, namespaces = [] } = options;
  const cluster = started.use(await startCluster({ controllers, namespaces, users: USERS }));
  await cluster.kubectl(['apply', '-k', options.roles ?? join(ROOT, 'infra/cluster')]);
  if (options.drift) await cluster.kubectl(['apply', '-f', join(ROOT, 'infra/cluster/drift.yaml')]);
  const [nudge, verify] = USERS.map(({ name }) => ({ GITFERRY_KUBECONFIG: cluster.kubeconfig(name) }));
  const stack = await startStack({
    repositories: repository.root,
    environment: { GITFERRY_PRIVATE_REGISTRIES: registry.host },
    retries: options.retries ?? [2000, 4000],
    environments: { nudge, verify, sweep: verify, ...options.environments?.(cluster) } as Record<
      string,
      Record<string, string>
    >,
  });
  started.defer(() => stack.stop());
  const sqs = new SQSClient({ endpoint: stack.url, region: REGION, credentials: CREDENTIALS });
  started.defer(() => sqs.destroy());
  await cluster.apply([gitRepository('flux-system', 'main', stack.repository)]);

  const tell: ClusterFlow['tell'] = async (change) => {
    await sqs.send(new SendMessageCommand({ QueueUrl: stack.queue, MessageBody: formatChange(change) }));
  };
  const told: ClusterFlow['told'] = (type, unit) =>
    stack.events
      .filter((event) => event['detail-type'] === type)
      .map(detailOf)
      .filter((detail) => unit === undefined || detail.unit === unit);

  const running = started.move();
  return {
    ...{ cluster, stack, repository, registry, tell, told },
    async push(name, tag, content) {
      const digest = registry.push(`shop/${name}`, tag, content);
      await tell({ kind: 'image', image: `${registry.host}/shop/${name}`, tag, digest });
      return digest;
    },
    async next(type, unit, seen = 0) {
      for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await delay(20)) {
        const found = told(type, unit)[seen];
        if (found !== undefined) return found;
      }
      const said = stack.events
        .map(detailOf)
        .map(({ unit: of, verdict, reason }, at) => [stack.events[at]?.['detail-type'], of, verdict, reason].join(' '));
      throw new Error(
        `There was no ${type} of ${unit} after ${PATIENCE} ms, but: ${said.join('; ')}\n${await lately(stack, unit)}`,
      );
    },
    show: (path) => repository.git('show', `main:${path}`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function detailOf(event: BusEvent): Detail {
  return event.detail as Detail;
}

/** What `verify` and `nudge` said last. */
async function lately({ folder }: TestStack, unit: string): Promise<string> {
  const logs = await Promise.all(
    ['nudge', 'verify'].map((name) => readFile(join(folder, `${name}.log`), 'utf8').catch(() => '')),
  );
  const lines = logs.flatMap((log) => log.split('\n')).filter((line) => line.includes(unit) || !line.startsWith('{'));
  return lines
    .slice(-20)
    .map((line) => line.slice(0, 600))
    .join('\n');
}
