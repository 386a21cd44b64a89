import { get } from 'node:http';
import type { Built } from './build.ts';
import type { PartName } from './parts.ts';
import { freePort } from './ports.ts';
import { type Running, ready, start } from './process.ts';

/** Controllers that are started only where a test asks for them. */
export type Controller = 'kustomize' | 'helm' | 'notification' | 'flagger';

export interface ControllersOptions {
  readonly which: readonly Controller[];
  readonly parts: Readonly<Record<PartName, Built>>;
  /** Of an administrator, as these controllers are usually installed. */
  readonly kubeconfig: string;
  readonly logs: string;
  readonly prometheus: string;
}

export interface Controllers {
  /** Where notification-controller takes webhooks, `http://127.0.0.1:<port>`; a Receiver's `status.webhookPath` goes behind it. */
  readonly receiver: string | null;
  readonly running: readonly Running[];
}

async function answers(url: string): Promise<boolean> {
  return new Promise((answer, fail) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      answer(response.statusCode === 200);
    }).once('error', fail);
  });
}

/** Starts them side by side, and waits until each says that it is ready. */
export async function startControllers(options: ControllersOptions): Promise<Controllers> {
  const { which, parts, kubeconfig, logs, prometheus } = options;
  const notified = which.includes('notification');
  const events = `127.0.0.1:${await freePort()}`;
  const receiver = `127.0.0.1:${await freePort()}`;
  const running: Running[] = [];

  const run = async (name: PartName, args: readonly string[], health: string) => {
    // Where it is kept below HOME or in a temporary folder is each controller's own affair, away from people's Helm.
    const env = { KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: 'flux-system', HOME: logs, TMPDIR: logs };
    const one = await start({ name, program: parts[name].program, args, env, logs });
    running.push(one);
    await ready(one, () => answers(health));
  };
  const flux = async (name: PartName, args: readonly string[]) => {
    const health = `127.0.0.1:${await freePort()}`;
    const common = [
      '--metrics-addr=0',
      `--health-addr=${health}`,
      '--log-level=info',
      '--interval-jitter-percentage=0',
    ];
    const jitterless = name === 'notification-controller' ? common.slice(0, -1) : common;
    await run(name, [...jitterless, ...args], `http://${health}/readyz`);
  };
  const told = notified ? [`--events-addr=http://${events}/`] : [];
  const starts: Record<Controller, () => Promise<void>> = {
    kustomize: () => flux('kustomize-controller', [...told, '--requeue-dependency=2s']),
    helm: () => flux('helm-controller', [...told, '--requeue-dependency=2s']),
    notification: () => flux('notification-controller', [`--events-addr=${events}`, `--receiverAddr=${receiver}`]),
    flagger: async () => {
      const port = await freePort();
      const args = [`-metrics-server=${prometheus}`, '-mesh-provider=kubernetes', '-control-loop-interval=1s'];
      await run('flagger', [`-kubeconfig=${kubeconfig}`, ...args, `-port=${port}`], `http://127.0.0.1:${port}/healthz`);
    },
  };
  const begun = await Promise.allSettled(which.map((one) => starts[one]()));
  const failed = begun.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(running.map((one) => one.stop()));
    throw failed.reason;
  }
  return { receiver: notified ? `http://${receiver}` : null, running };
}
