/** What one object says of the release. */
export type Finding = Waiting | Settling | Trouble;

/** Not there yet. */
export interface Waiting {
  readonly kind: 'waiting';
  /** `suspended`: a person stopped the agent. `others`: something that is not the unit's stands in the way. */
  readonly why: 'agent' | 'suspended' | 'others' | 'rollout' | 'canary' | 'cluster';
  /** What it waits for; one sentence. */
  readonly words: string;
}

/** It is as it should be, but nothing tells yet that it stays so. */
export interface Settling {
  readonly kind: 'settling';
  readonly key: string;
  readonly words: string;
  /** Milliseconds for which it must stay so. */
  readonly confirm: number;
}

/** It fails. */
export interface Trouble {
  readonly kind: 'trouble';
  /** Tells this failure from another one of the same object: only what stays the same is believed. */
  readonly key: string;
  /** CamelCase; part of the interface. */
  readonly reason: string;
  readonly message: string;
  /** Milliseconds for which it must have been seen before it is believed. */
  readonly confirm: number;
  /** Whether the release is at fault: what fails was in order before. Null when that can't be told. */
  readonly guilty: boolean | null;
  /** Whoever is in charge of it has given up. */
  readonly final: boolean;
}

export function waiting(why: Waiting['why'], words: string): Waiting {
  return { kind: 'waiting', why, words };
}

/** What an agent says again after this many milliseconds was no passing state. */
export const CONFIRM = 10_000;
