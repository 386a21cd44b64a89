import { decodeTime, monotonicFactory } from 'ulid';

const next = monotonicFactory();

/** A new ULID: it sorts after all that this process made, and after the one given, whatever the clocks say. */
export function newId(after?: string): string {
  const id = next();
  return after === undefined || id > after ? id : next(decodeTime(after) + 1);
}
