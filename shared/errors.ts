/** What every error of gitferry carries beside its sentence. */
interface About {
  /** What to do next, one sentence. */
  readonly hint?: string;
  /** Facts for machines: keys, sizes, line numbers. Never a secret. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The base of every error that gitferry raises on purpose. Its class says what becomes of the work, its `reason`
 * (CamelCase, stable, part of the interface) what went wrong.
 */
abstract class FerryError extends Error {
  readonly reason: string;
  readonly hint: string;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(reason: string, sentence: string, about: About = {}) {
    super(sentence, about.cause === undefined ? undefined : { cause: about.cause });
    this.reason = reason;
    this.hint = about.hint ?? '';
    this.facts = about.facts ?? {};
  }
}

/** The input is at fault: nothing of it lands, the reason is recorded, and asking again would change nothing. */
export class Rejected extends FerryError {
  override readonly name = 'Rejected';
}

/** The world is at fault for now (outage, race, time-out): the message stays, and comes back. */
export class Retryable extends FerryError {
  override readonly name = 'Retryable';
  /** Seconds after which the other side asked to be tried again, if it said so. */
  readonly retryAfter: number | undefined;

  constructor(reason: string, sentence: string, about: About & { readonly retryAfter?: number } = {}) {
    super(reason, sentence, about);
    this.retryAfter = about.retryAfter;
  }
}

/** Only a person can go on from here (credentials, a protected branch, a lost ledger): told once, never forced. */
export class Stalled extends FerryError {
  override readonly name = 'Stalled';
}

export { FerryError };

/** The error as one of ours; anything else is a fault of the program, and is thrown on. */
export function asFerryError(error: unknown): FerryError {
  if (error instanceof FerryError) return error;
  throw error;
}
