import type { BusEvent } from './pattern.ts';

/** What is to be seen of the embedded run, as it happens. */
export type Happening =
  | { readonly kind: 'event'; readonly bus: string; readonly event: BusEvent }
  | { readonly kind: 'invoked'; readonly name: string; readonly milliseconds: number }
  /** `messages` is how many of a queue will be given to the function again. */
  | { readonly kind: 'failed'; readonly name: string; readonly messages: number; readonly why: string }
  /** What a registry has told of, as `name:tag`. */
  | { readonly kind: 'pushed'; readonly images: readonly string[] }
  /** The agents of a cluster, or whoever else, were told that a unit landed. */
  | { readonly kind: 'nudged'; readonly unit: string; readonly release: string; readonly cluster: string }
  /** What a function has looked into, an object by its address, and why that changes nothing. */
  | { readonly kind: 'nothing'; readonly source: string; readonly why: string };
