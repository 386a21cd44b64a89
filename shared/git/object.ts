import { createHash } from 'node:crypto';

/** The id of an object: 40 lower-case hex digits (SHA-1). */
export type Oid = string;

/** An object as git stores it; its id follows from both fields. */
export interface GitObject {
  readonly type: 'commit' | 'tree' | 'blob';
  readonly bytes: Uint8Array;
  /** An object that this one resembles: a pack may carry it as a delta against that one. */
  readonly like?: Oid;
}

export type Objects = ReadonlyMap<Oid, GitObject>;

/** One line of a tree, without its name. `mode` is octal text: 100644, 100755, 120000, 160000, 40000. */
export interface Entry {
  readonly mode: string;
  readonly oid: Oid;
}

/** The id that git gives to an object (`git hash-object`). */
export function oidOf({ type, bytes }: GitObject): Oid {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}
