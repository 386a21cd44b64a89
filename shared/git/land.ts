import { setTimeout as delay } from 'node:timers/promises';
import { Retryable, Stalled } from '../errors.ts';
import { backoff } from './backoff.ts';
import { Draft } from './draft.ts';
import type { Oid } from './object.ts';
import type { PushReport, Remote } from './remote.ts';

/** What became of it: the branch's tip, whether that is a commit of ours, and after how many attempts. */
export interface Landing {
  readonly commit: Oid | null;
  readonly landed: boolean;
  readonly attempts: number;
}

export interface LandOptions {
  /** Create the branch when it does not exist; else its absence is an error. */
  readonly create?: boolean;
  /** Ask for nothing but the folders that are needed: fewer bytes, more requests. */
  readonly byIds?: boolean;
  readonly attempts?: number;
  /** Waits this many milliseconds. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const ATTEMPTS = 20;

/**
 * Lands what `build` drafts on the branch's tip, by compare-and-swap: when another writer was first, `build` runs again on
 * the new tip, so it must depend on nothing but the draft that it is given. A draft without commits lands nothing. Throws
 * Stalled BranchMissing, PushRefused (the server refuses although nobody else moved the branch); Retryable BranchBusy.
 */
export async function land(
  remote: Remote,
  ref: string,
  build: (draft: Draft) => Promise<void>,
  { create = false, byIds = false, attempts = ATTEMPTS, wait = delay }: LandOptions = {},
): Promise<Landing> {
  let refusedOn: Oid | null | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const last = attempt >= attempts;
    try {
      const from = (await remote.tips([ref])).get(ref) ?? null;
      if (from === null && !create) throw branchMissing(ref);
      const draft = new Draft(remote, from, { byIds });
      await build(draft);
      const to = draft.tip;
      if (to === null || to === from) return { commit: from, landed: false, attempts: attempt };
      const { moved, refused }: PushReport = await remote.push([{ ref, from, to }], draft.added);
      if (moved.has(ref)) return { commit: to, landed: true, attempts: attempt };
      // Another writer's lock refuses as a hook does: only who is refused twice on one tip is refused for good.
      if (refusedOn === from) throw pushRefused(ref, refused.get(ref) ?? '');
      refusedOn = from;
      if (last) throw branchBusy(ref, attempt);
      await wait(backoff(attempt));
    } catch (error) {
      if (!(error instanceof Retryable) || last || error.reason === 'OutOfTime') throw error;
      await wait(Math.max(backoff(attempt), (error.retryAfter ?? 0) * 1000));
    }
  }
}

function branchMissing(ref: string): Stalled {
  return new Stalled('BranchMissing', `The repository has no ${ref}.`, {
    hint: 'Check the branch’s name, or say that it is to be created.',
    facts: { ref },
  });
}

function pushRefused(ref: string, words: string): Stalled {
  return new Stalled('PushRefused', `The Git server refuses to move ${ref}: ${words}`, {
    hint: 'A hook or a protected branch forbids it: allow the account of gitferry to push there.',
    facts: { ref, words },
  });
}

function branchBusy(ref: string, attempts: number): Retryable {
  return new Retryable('BranchBusy', `Others moved ${ref} during each of ${attempts} attempts.`, {
    hint: 'It will be tried again.',
    facts: { ref, attempts },
  });
}
