import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Ends the program when whoever started it ends, however that comes. Ctrl-C in a terminal is for that one alone. */
const WATCHED = `trap '' INT
"$0" "$@" 3<&- & part=$!
(read -r _ <&3; kill -9 "$part") 2>/dev/null & watch=$!
wait "$part"; status=$?
kill "$watch" 2>/dev/null; exit "$status"`;

export interface Start {
  /** Names its log file. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where its log goes, appended. */
  readonly logs: string;
}

/** A running program. */
export interface Running {
  readonly name: string;
  /** Rejects, with the end of its log, once it has ended without being asked to; never resolves. */
  readonly ended: Promise<never>;
  /** Ends it at once: what it holds is thrown away or, as with etcd, on disk. */
  stop(): Promise<void>;
}

/** Starts a program that ends with this process at the latest. */
export async function start({ name, program, args, env, logs }: Start): Promise<Running> {
  const path = join(logs, `${name}.log`);
  const log = await open(path, 'a');
  const child = spawn('sh', ['-c', WATCHED, program, ...args], {
    cwd: logs,
    env: { ...process.env, ...env },
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
    // A process group of its own, so that stopping it takes all of it and nothing else.
    detached: true,
  });
  const gone = once(child, 'exit');
  await log.close();
  let stopping = false;
  const ended = gone.then(async ([code]) => {
    if (stopping) return new Promise<never>(() => {});
    const last = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`${name} ended by itself with exit code ${code}; the end of ${path}:\n${last}`);
  });
  // Whoever waits for it hears of it; that nobody waits is no fault.
  ended.catch(() => {});
  return {
    name,
    ended,
    async stop() {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        process.kill(-child.pid, 'SIGKILL');
      }
      await gone;
    },
  };
}

/** Asks until the answer is yes; throws when the program ends before, or after a minute. */
export async function ready(running: Running, question: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (await question().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`${running.name} is not ready after a minute; see its log.`);
    await Promise.race([running.ended, new Promise((again) => setTimeout(again, 50))]);
  }
}
