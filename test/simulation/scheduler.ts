import type { Gate } from './memory-remote.ts';

/** A function's invocation under way: it stops at every gate until the simulation lets it through, or never. */
export class Task<T> {
  readonly result: Promise<T>;
  finished = false;
  readonly #waiting: (() => void)[] = [];
  #open = false;

  constructor(start: (gate: Gate) => Promise<T>) {
    const gate: Gate = () => (this.#open ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve)));
    this.result = start(gate).finally(() => {
      this.finished = true;
    });
    // Whoever awaits the result meets the error there; a crashed task's is nobody's.
    this.result.catch(() => undefined);
  }

  /** Lets the calls that wait now through, then waits until the task stops at its next gate or ends. */
  async step(): Promise<void> {
    await quiet(() => this.finished || this.#waiting.length > 0);
    for (const pass of this.#waiting.splice(0)) pass();
    await quiet(() => this.finished || this.#waiting.length > 0);
  }

  /** Lets everything through until the task ends. */
  async run(): Promise<T> {
    this.#open = true;
    for (const pass of this.#waiting.splice(0)) pass();
    return this.result;
  }
}

/** Waits for the event loop until something holds; work in memory needs a few turns, unpacking some more. */
async function quiet(until: () => boolean): Promise<void> {
  while (!until()) await new Promise((resolve) => setImmediate(resolve));
}
