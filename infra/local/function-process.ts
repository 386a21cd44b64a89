import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a process is sent; `deadline` in milliseconds since the epoch. */
export interface Invocation {
  readonly id: string;
  readonly arn: string;
  readonly event: unknown;
  readonly deadline: number;
}

export type Answer =
  | { readonly id: string; readonly result: unknown }
  | { readonly id: string; readonly error: string };

export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** The bundle. */
  readonly file: string;
  /** All that the function sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeout: number;
  /** MiB. */
  readonly memory: number;
  /** Where what the function prints goes. */
  readonly log: string;
  /** Called with each line that the function prints. */
  readonly printed: (line: string) => void;
}

/** Runs a bundled function as Lambda does: one event at a time in a process, which is kept for the next. */
export class FunctionProcesses {
  readonly #settings: FunctionSettings;
  readonly #log: WriteStream;
  readonly #idle: ChildProcess[] = [];
  readonly #running = new Set<Promise<unknown>>();

  constructor(settings: FunctionSettings) {
    this.#settings = settings;
    this.#log = createWriteStream(settings.log, { flags: 'a' });
  }

  get running(): number {
    return this.#running.size;
  }

  /** What the handler returned. Throws with its error, when the time is up, or when the process ended. */
  invoke(event: unknown): Promise<unknown> {
    const invocation = this.#invoke(event).finally(() => this.#running.delete(invocation));
    this.#running.add(invocation);
    return invocation;
  }

  /** Lets what runs come to its end, then ends the processes. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#running);
    await Promise.all(this.#idle.splice(0).map(end));
    await new Promise((done) => this.#log.end(done));
  }

  async #invoke(event: unknown): Promise<unknown> {
    const { arn, timeout, log } = this.#settings;
    const child = this.#idle.pop() ?? this.#start();
    const invocation = { id: randomUUID(), arn, event, deadline: Date.now() + timeout * 1000 };
    const answer = await ask(child, invocation, timeout * 1000);
    if (typeof answer === 'string') {
      await end(child);
      throw new Error(answer === 'late' ? `No answer within its ${timeout} s.` : `Its process ended, see ${log}.`);
    }
    this.#idle.push(child);
    if ('error' in answer) throw new Error(answer.error);
    return answer.result;
  }

  #start(): ChildProcess {
    const { name, file, memory, environment, printed } = this.#settings;
    const child = fork(join(import.meta.dirname, 'bootstrap.ts'), [file, name, String(memory)], {
      env: { ...environment },
      execArgv: [`--max-old-space-size=${memory}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child.stdout?.pipe(this.#log, { end: false });
    child.stderr?.pipe(this.#log, { end: false });
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', printed);
    return child;
  }
}

function ask(child: ChildProcess, invocation: Invocation, milliseconds: number): Promise<Answer | 'ended' | 'late'> {
  return new Promise((done) => {
    const finish = (answer: Answer | 'ended' | 'late'): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      done(answer);
    };
    const timer = setTimeout(() => finish('late'), milliseconds);
    const onMessage = (answer: Answer): void => {
      if (answer.id === invocation.id) finish(answer);
    };
    const onExit = (): void => finish('ended');
    child.on('message', onMessage).on('exit', onExit);
    child.send(invocation, (error) => error && finish('ended'));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}
