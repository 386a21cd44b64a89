import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { buildParts } from './build.ts';
import { startControlPlane } from './control-plane.ts';
import { type Controller, startControllers } from './controllers.ts';
import { installCrds } from './crds.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { type Objects, objectsOf } from './objects.ts';
import { findPrograms } from './programs.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { startSourceController } from './sources/controller.ts';
import { MASTERS, type User, withToken, writeKubeconfig } from './users.ts';

export interface ClusterOptions {
  /** Which real controllers run, beside kube-controller-manager; none unless named. */
  readonly controllers?: readonly Controller[];
  /** Users with tokens of their own, whose rights are what RBAC objects give them. */
  readonly users?: readonly User[];
  /** Namespaces that are made beside `default`, `flux-system` and `argocd`. */
  readonly namespaces?: readonly string[];
  /** Where state and logs go; without it a temporary folder, which goes with the cluster. */
  readonly folder?: string;
  /** Told what is built, when something is. */
  readonly say?: (line: string) => void;
}

/** A running cluster: a real API server with real controllers, on 127.0.0.1. Nodes and source-controller are stand-ins. */
export interface Cluster extends AsyncDisposable, Objects {
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  readonly folder: string;
  /** Path of an administrator's kubeconfig. */
  readonly admin: string;
  /** The administrator's, for clients of `@kubernetes/client-node`. */
  readonly config: KubeConfig;
  /** Where Receivers listen, `http://127.0.0.1:<port>`; null without notification-controller. */
  readonly receiver: string | null;
  readonly prometheus: Prometheus;
  readonly kubelet: Kubelet;
  /** What a user of the options has asked the API server for, `list /api/v1/pods`. */
  requests(user: string): Promise<readonly string[]>;
  /** Path of the kubeconfig of a user of the options. */
  kubeconfig(user: string): string;
  /** What it prints; throws with what it says when it fails. */
  kubectl(args: readonly string[], options?: { readonly as?: string; readonly stdin?: string }): Promise<string>;
  /** Ends it at once, as if its machine was lost; what it knows stays in etcd. */
  stopApiServer(): Promise<void>;
  /** On the same port, with the same certificate and tokens; controllers come back by themselves. */
  startApiServer(): Promise<void>;
  /** What a part has said: `kube-apiserver`, `kustomize-controller`, `stand-ins`. */
  log(part: string): Promise<string>;
}

const NAMESPACES = ['flux-system', 'argocd'];

function runKubectl(kubectl: string, kubeconfig: string, args: readonly string[], stdin?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, KUBECONFIG: kubeconfig }, maxBuffer: 64 << 20 };
    const child = execFile(kubectl, [...args], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
    child.stdin?.end(stdin ?? '');
  });
}

/** Boots a cluster, which takes some five seconds when its parts are built; what isn't is built first. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const parts = await buildParts(options.say ?? console.error);
  const programs = await findPrograms();
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'gitferry-cluster-')));
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  const ends = new AsyncDisposableStack();
  if (options.folder === undefined) ends.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  try {
    const users = [{ name: 'admin', groups: [MASTERS] }, ...(options.users ?? [])].map(withToken);
    const plane = await startControlPlane({
      ...{ folder, logs, users },
      ...{ etcd: programs.etcd, kubernetes: parts.kubernetes.program },
    });
    ends.defer(() => plane.stop());
    const kubeconfigs = new Map<string, string>();
    for (const user of users) kubeconfigs.set(user.name, await writeKubeconfig(folder, plane, user));
    const kubeconfig = (user: string) => {
      const path = kubeconfigs.get(user);
      if (path === undefined) throw new Error(`The cluster was started without a user ${user}.`);
      return path;
    };
    const admin = kubeconfig('admin');
    const config = new KubeConfig();
    config.loadFromFile(admin);
    const objects = objectsOf(config);

    const stop = new AbortController();
    ends.defer(() => stop.abort());
    const say = (line: string) => {
      if (stop.signal.aborted) return;
      appendFileSync(join(logs, 'stand-ins.log'), `${new Date().toISOString()} ${line}\n`);
    };
    const background = { signal: stop.signal, say };
    await plane.startManager(admin);
    await installCrds(config, Object.values(parts), (args, stdin) => runKubectl(programs.kubectl, admin, args, stdin));
    const namespaces = [...NAMESPACES, ...(options.namespaces ?? [])];
    await objects.apply(namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));

    const prometheus = await startPrometheus();
    ends.defer(() => prometheus.close());
    const sources = await startSourceController({
      ...{ config, objects, helm: programs.helm, folder: join(folder, 'sources') },
      ...background,
    });
    ends.defer(() => sources.close());
    const kubelet = await startKubelet(config, background);
    const controllers = await startControllers({
      ...{ which: options.controllers ?? [], parts, kubeconfig: admin, logs, prometheus: prometheus.url },
    });
    ends.defer(async () => {
      await Promise.all(controllers.running.map((one) => one.stop()));
    });
    return {
      ...objects,
      ...{ server: plane.server, folder, admin, config, prometheus, kubelet, kubeconfig },
      receiver: controllers.receiver,
      requests: (user) => plane.requests(user),
      kubectl: (args, { as = 'admin', stdin } = {}) => runKubectl(programs.kubectl, kubeconfig(as), args, stdin),
      stopApiServer: () => plane.stopApiServer(),
      startApiServer: () => plane.startApiServer(),
      log: (part) => readFile(join(logs, `${part}.log`), 'utf8'),
      [Symbol.asyncDispose]: () => ends.disposeAsync(),
    };
  } catch (error) {
    await ends.disposeAsync();
    throw error;
  }
}
