import { Stalled } from '../shared/errors.ts';
import { Draft } from '../shared/git/draft.ts';
import type { Oid } from '../shared/git/object.ts';
import type { History, Remote } from '../shared/git/remote.ts';
import { SmartHttp } from '../shared/git/smart-http.ts';
import { findCredentials } from './git-credentials.ts';

/** A main repository by its address, with the credentials that this person has for it. */
export function openRemote(url: string): Remote & History {
  return new SmartHttp({ url, credentials: findCredentials(url, process.env) });
}

/** The id that a branch stands at. @throws Stalled BranchMissing. */
export async function tipOf(remote: Remote, ref: string): Promise<Oid> {
  const tip = (await remote.tips([ref])).get(ref);
  if (tip !== undefined) return tip;
  throw new Stalled('BranchMissing', `The main repository has no ${ref}.`, {
    hint: 'Nothing landed there yet, or the names of branch and deployment are others.',
  });
}

/** A file of a branch as it stands now, null where there is none. */
export async function readMain(remote: Remote, branch: string, path: string): Promise<Uint8Array | null> {
  const draft = new Draft(remote, await tipOf(remote, `refs/heads/${branch}`));
  await draft.open([path]);
  return (await draft.read([path])).get(path) ?? null;
}
