import type { FerryError } from '../errors.ts';

/** Rejects when the signal fires; never resolves. */
export function aborted(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
  promise.catch(() => {});
  return promise;
}

/** The body, counted and bounded: the client’s own iterator may wait for ever when an error meets it unprepared. */
export async function* observed(
  iterator: AsyncIterator<Uint8Array>,
  watch: {
    readonly received: (length: number) => void;
    readonly late: Promise<never>;
    readonly finish: () => void;
    readonly explain: (error: unknown) => FerryError;
  },
): AsyncGenerator<Uint8Array> {
  let ended = false;
  try {
    for (;;) {
      const { value, done } = await Promise.race([iterator.next(), watch.late]);
      if (done === true) break;
      watch.received(value.length);
      yield value;
    }
    ended = true;
  } catch (error) {
    throw watch.explain(error);
  } finally {
    if (!ended) void iterator.return?.();
    watch.finish();
  }
}

/** A body without bytes. */
export async function* nothing(): AsyncGenerator<Uint8Array> {}
