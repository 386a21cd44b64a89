import type { Draft } from '../../shared/git/draft.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { type Entry, type GitObject, type Oid, oidOf } from '../../shared/git/object.ts';
import { SmartHttp, type SmartHttpOptions } from '../../shared/git/smart-http.ts';

export const MAIN = 'refs/heads/main';
export const ADA = { name: 'Ada', email: 'ada@example.org', seconds: 1_700_000_000, zone: '+0000' };

/** A client that remembers nothing: each is a cold function. */
export function cold(url: string, options: Partial<SmartHttpOptions> = {}): SmartHttp {
  return new SmartHttp({ url, memory: newMemory(), ...options });
}

/** What `land` is to build: these texts at these paths (null: nothing) as one commit. */
export function putting(texts: Readonly<Record<string, string | null>>, message = 'Put\n') {
  return async (draft: Draft): Promise<void> => {
    const edits = new Map<string, Entry | null>();
    const objects = new Map<Oid, GitObject>();
    for (const [path, text] of Object.entries(texts)) {
      const blob: GitObject = { type: 'blob', bytes: Buffer.from(text ?? '') };
      if (text !== null) objects.set(oidOf(blob), blob);
      edits.set(path, text === null ? null : { mode: '100644', oid: oidOf(blob) });
    }
    await draft.open([...edits.keys()]);
    if ([...edits].every(([path, entry]) => draft.entry(path)?.oid === entry?.oid)) return;
    await draft.commit({ edits, objects, message, identity: ADA, signer: null });
  };
}
