import { milliseconds } from './status.ts';

/** Passes over objects, one at a time for each, as a controller's queue has it. */
export interface Passes {
  /** Soon; again, when one is under way. */
  ask(key: string): void;
  /** Again and again, each time this long (`1m`) after the last. */
  every(key: string, interval: string): void;
  forget(key: string): void;
}

export function startPasses(pass: (key: string) => Promise<void>, signal: AbortSignal): Passes {
  const busy = new Map<string, { again: boolean }>();
  const timers = new Map<string, NodeJS.Timeout>();
  signal.addEventListener('abort', () => {
    for (const timer of timers.values()) clearTimeout(timer);
  });
  const ask = (key: string): void => {
    if (signal.aborted) return;
    const state = busy.get(key);
    if (state !== undefined) {
      state.again = true;
      return;
    }
    const now = { again: false };
    busy.set(key, now);
    void pass(key).finally(() => {
      busy.delete(key);
      if (now.again) ask(key);
    });
  };
  const forget = (key: string): void => {
    clearTimeout(timers.get(key));
    timers.delete(key);
  };
  return {
    ask,
    forget,
    every(key, interval) {
      forget(key);
      if (!signal.aborted)
        timers.set(
          key,
          setTimeout(() => ask(key), Math.max(milliseconds(interval), 1000)),
        );
    },
  };
}
