import type { FetchCapabilities, PushCapabilities } from './capabilities.ts';
import type { Oid } from './object.ts';
import { ObjectStore } from './object-store.ts';

/**
 * What a process remembers of a repository between invocations: only what can't become wrong (objects, by their ids) and
 * what the server corrects (capabilities). Never where a ref stands.
 */
export interface Memory {
  fetch: FetchCapabilities | null;
  push: PushCapabilities | null;
  readonly objects: ObjectStore;
  /** Commits that were opened or pushed, latest last: a fetch may build on them. */
  readonly known: Set<Oid>;
}

const STORED = 24 * 2 ** 20;
const KNOWN = 4;

export function newMemory(): Memory {
  return { fetch: null, push: null, objects: new ObjectStore(STORED), known: new Set() };
}

const memories = new Map<string, Memory>();

/** The memory of the repository at this URL, in this process. */
export function memoryOf(url: string): Memory {
  const memory = memories.get(url) ?? newMemory();
  memories.set(url, memory);
  return memory;
}

/** Notes that the client holds this commit, and as much below it as it needed. */
export function note(memory: Memory, commit: Oid): void {
  memory.known.delete(commit);
  memory.known.add(commit);
  for (const oldest of memory.known) {
    if (memory.known.size <= KNOWN) break;
    memory.known.delete(oldest);
  }
}
