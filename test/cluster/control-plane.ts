import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { type Running, ready, start } from './process.ts';
import { type KnownUser, writeTokens } from './users.ts';

/** Those that bring what charts and manifests hold to life; the others mind nodes, disks and certificates. */
const CONTROLLERS = [
  ...['deployment', 'replicaset', 'statefulset', 'daemonset', 'job', 'cronjob', 'disruption'],
  ...['namespace', 'garbage-collector', 'serviceaccount', 'endpoints', 'endpointslice', 'clusterrole-aggregation'],
].map((name) => `${name}-controller`);

export interface ControlPlaneOptions {
  readonly folder: string;
  readonly logs: string;
  readonly etcd: string;
  /** The binary that is both API server and controller manager. */
  readonly kubernetes: string;
  readonly users: readonly KnownUser[];
}

/** etcd and the API server, without controllers. */
export interface ControlPlane {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  /** What a user asked for since the server began, `list /apis/apps/v1/deployments`; never of the first, the administrator. */
  requests(user: string): Promise<readonly string[]>;
  /** Needs an administrator's kubeconfig. */
  startManager(kubeconfig: string): Promise<void>;
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

async function startEtcd(program: string, folder: string, logs: string): Promise<{ running: Running; url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const running = await start({
    name: 'etcd',
    program,
    args: [
      ...['--name', 'test', '--data-dir', join(folder, 'etcd'), '--initial-cluster', `test=${peer}`],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ],
    logs,
  });
  return { running, url };
}

/** Has the server write down what each user asks for, but for the administrator, who asks for most. */
async function startAudit(folder: string, [, ...users]: readonly KnownUser[]) {
  const [policy, log] = [join(folder, 'audit-policy.json'), join(folder, 'audit.log')];
  const named = { level: 'Metadata', users: users.map(({ name }) => name) };
  const rules = [...(users.length === 0 ? [] : [named]), { level: 'None' }];
  const omitStages = ['RequestReceived', 'ResponseStarted', 'Panic'];
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages, rules }));
  const requests = async (user: string): Promise<readonly string[]> => {
    const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line.endsWith('}'));
    return lines
      .map((line) => JSON.parse(line) as { user: { username: string }; verb: string; requestURI: string })
      .filter((one) => one.user.username === user)
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
  };
  return { policy, log, requests };
}

/** 200 to somebody whom it knows. */
async function healthy(server: string, token: string): Promise<boolean> {
  return new Promise((answer, fail) => {
    // The certificate is made by the server while it starts; nothing but a health check is asked for without it.
    const options = { headers: { authorization: `Bearer ${token}` }, rejectUnauthorized: false, agent: false };
    get(`${server}/readyz`, options, (response) => {
      response.resume();
      answer(response.statusCode === 200);
    }).once('error', fail);
  });
}

/** Boots etcd and the API server on loopback ports; `users` are whom it knows. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, logs, kubernetes, users } = options;
  const etcd = await startEtcd(options.etcd, folder, logs);
  const port = await freePort();
  const server = `https://127.0.0.1:${port}`;
  const certificates = join(folder, 'certificates');
  await mkdir(certificates);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = join(certificates, 'service-account.key');
  await writeFile(key, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const tokens = join(folder, 'tokens.csv');
  await writeTokens(tokens, users);
  const audit = await startAudit(folder, users);
  const args = [
    ...['kube-apiserver', `--etcd-servers=${etcd.url}`, `--secure-port=${port}`, `--cert-dir=${certificates}`],
    ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'],
    ...['--service-cluster-ip-range=10.96.0.0/24', '--service-account-issuer=https://kubernetes.default.svc'],
    ...[`--service-account-key-file=${key}`, `--service-account-signing-key-file=${key}`],
    ...[`--token-auth-file=${tokens}`, '--authorization-mode=RBAC', '--allow-privileged'],
    ...[`--audit-policy-file=${audit.policy}`, `--audit-log-path=${audit.log}`],
    // Debian's etcd does not tell of its progress in a way that the API server trusts, and such watches then never begin.
    '--feature-gates=WatchList=false',
    // It makes every pod wait for a token that nothing here hands out.
    '--disable-admission-plugins=ServiceAccount',
  ];
  let apiServer: Running | null = null;
  let manager: Running | null = null;
  const startApiServer = async () => {
    apiServer = await start({ name: 'kube-apiserver', program: kubernetes, args, logs });
    await ready(apiServer, () => healthy(server, users[0]?.token ?? ''));
  };
  const stopApiServer = async () => {
    await apiServer?.stop();
    apiServer = null;
  };
  const stop = async () => {
    await Promise.all([manager?.stop(), stopApiServer(), etcd.running.stop()]);
  };
  try {
    await startApiServer();
    const ca = await readFile(join(certificates, 'apiserver.crt'), 'utf8');
    return {
      server,
      ca,
      requests: audit.requests,
      startApiServer,
      stopApiServer,
      stop,
      async startManager(kubeconfig) {
        manager = await start({
          name: 'kube-controller-manager',
          program: kubernetes,
          args: [
            ...['kube-controller-manager', `--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'],
            ...[`--controllers=${CONTROLLERS.join(',')}`, '--kube-api-qps=200', '--kube-api-burst=400'],
          ],
          logs,
        });
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
