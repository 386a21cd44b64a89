import type { ObjectRef } from '../../../shared/agent/cluster.ts';
import { keyOf } from '../../../shared/agent/field.ts';
import { printable } from '../../../shared/printable.ts';

/** One thing in a cluster that is not as Git says. */
export interface Finding {
  readonly reason: string;
  readonly object: ObjectRef;
  /** A sentence for people; what others wrote in it is cut and made printable. */
  readonly message: string;
  readonly hint: string;
  /** Since when, as the cluster says (ISO 8601); null when it does not. */
  readonly since: string | null;
  /** Milliseconds for which it may last before it is told. */
  readonly grace: number;
  /** The object of Flux that would set it right, if it was asked to apply again. */
  readonly mend: ObjectRef | null;
  /** It took a dry run to see it, and takes another to see that it is gone. */
  readonly byTrial?: boolean;
}

/** What one look at a cluster found. */
export interface Look {
  readonly findings: readonly Finding[];
  /** What could not be judged now, by `keyFor`: it is neither there nor gone. */
  readonly unsure: ReadonlySet<string>;
  /** What could not be tried out now, by `keyFor`: gone as far as it shows without. */
  readonly untried: ReadonlySet<string>;
  readonly trials: Trials;
}

/** What is remembered of trying objects out. */
export interface Trials {
  /** Where the next sweep goes on; null at the beginning. */
  readonly after: string | null;
  /** What the cluster forbade, as people say it, and until when it is not asked for again (ISO 8601). */
  readonly forbidden: Readonly<Record<string, string>>;
}

/** One text for one finding, however its words change. */
export function keyFor(reason: string, object: ObjectRef): string {
  return `${reason} ${keyOf(object)}`;
}

/** `Deployment shop/api` */
export function nameOf({ kind, namespace, name }: ObjectRef): string {
  return printable(`${kind} ${namespace === null ? '' : `${namespace}/`}${name}`);
}

const LONGEST = 800;

/** Somebody else's words. */
export function words(text: string | null): string {
  const whole = printable((text ?? '').slice(0, 2 * LONGEST).trim());
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
}

/** Milliseconds. */
export const MINUTE = 60_000;
