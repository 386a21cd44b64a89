import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { buildParts } from './build.ts';
import { CACHE } from './cache.ts';
import { startCluster } from './cluster.ts';
import type { Controller } from './controllers.ts';
import { findPrograms } from './programs.ts';

/** One cluster a person, unless another folder is named. */
export const FOLDER = join(CACHE, 'standing');
const ALL: readonly Controller[] = ['kustomize', 'helm', 'notification', 'flagger'];

/** The process that holds the cluster: all parts end with it. */
const Record = z.object({
  pid: z.int(),
  /** When it began, as the system counts, so that another process with its number is not taken for it. */
  began: z.string(),
  kubeconfig: z.string(),
  receiver: z.string().nullable(),
  prometheus: z.string(),
});
type Record = z.infer<typeof Record>;

/** Null when there is no such process. */
async function beginningOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')')).split(' ')[20] ?? null;
}

function recordOf(folder: string): string {
  return join(folder, 'running.json');
}

async function running(folder: string): Promise<Record | null> {
  const text = await readFile(recordOf(folder), 'utf8').catch(() => null);
  if (text === null) return null;
  const record = Record.parse(JSON.parse(text));
  return (await beginningOf(record.pid)) === record.began ? record : null;
}

function tell({ kubeconfig, receiver }: Record, kubectl: string, folder: string): void {
  console.log(`A cluster is up. To look around:
  export KUBECONFIG=${kubeconfig}
  ${kubectl} get pods,deployments,kustomizations,canaries -A
A GitRepository may name any http://127.0.0.1 server of Git, as that of npm start. Pods do not really run; those of
images whose tag ends in -bad fail.${receiver === null ? '' : `\nReceivers listen at ${receiver} + their status.webhookPath.`}
Logs: ${join(folder, 'state', 'logs')}
npm run cluster down ends it.`);
}

/** `hold`: is the cluster, until it is told to end. */
export async function hold(folder: string, without: readonly string[]): Promise<number> {
  const state = join(folder, 'state');
  const path = recordOf(folder);
  await rm(state, { recursive: true, force: true });
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await using cluster = await startCluster({ controllers: ALL.filter((one) => !without.includes(one)), folder: state });
  const { pid } = process;
  const began = (await beginningOf(pid)) ?? '';
  const { admin: kubeconfig, receiver, prometheus } = cluster;
  const record: Record = { pid, began, kubeconfig, receiver, prometheus: prometheus.url };
  await writeFile(`${path}.new`, JSON.stringify(record));
  await rename(`${path}.new`, path);
  await stopped;
  await rm(path, { force: true });
  return 0;
}

/** Boots a cluster that outlives this process. */
export async function bringUp(folder: string, without: readonly string[]): Promise<number> {
  const unknown = without.filter((one) => !ALL.includes(one as Controller));
  if (unknown.length > 0) throw new Error(`There is no controller ${unknown.join(', ')}; there are ${ALL.join(', ')}.`);
  const { kubectl } = await findPrograms();
  const there = await running(folder);
  if (there !== null) {
    tell(there, kubectl, folder);
    return 0;
  }
  await buildParts(console.log);
  await mkdir(folder, { recursive: true });
  await rm(recordOf(folder), { force: true });
  const said = join(folder, 'output.log');
  const output = await open(said, 'w');
  const main = join(import.meta.dirname, 'main.ts');
  const args = [main, 'hold', '--folder', folder, ...without.flatMap((one) => ['--without', one])];
  const holder = spawn(process.execPath, args, { detached: true, stdio: ['ignore', output.fd, output.fd] });
  holder.unref();
  await output.close();
  for (;;) {
    const record = await running(folder);
    if (record !== null) {
      tell(record, kubectl, folder);
      return 0;
    }
    if (holder.exitCode !== null || holder.signalCode !== null) {
      throw new Error(`The cluster did not come up:\n${await readFile(said, 'utf8')}`);
    }
    await delay(100);
  }
}

/** Ends the cluster that `bringUp` started, and nothing else. */
export async function bringDown(folder: string): Promise<number> {
  const record = await running(folder);
  if (record === null) {
    console.log('No cluster is up.');
    return 0;
  }
  process.kill(record.pid, 'SIGTERM');
  while ((await beginningOf(record.pid)) === record.began) await delay(100);
  console.log('The cluster is down.');
  return 0;
}
