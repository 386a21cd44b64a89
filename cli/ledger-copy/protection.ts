import type { Keeping, Lock } from './copies.ts';

/** Why what is added to the bucket can be deleted. */
export type Unprotected =
  /** What is overwritten or deleted is lost. */
  | { readonly finding: 'not-versioned' }
  /** It is locked by this mode alone, or not at all. */
  | { readonly finding: 'not-locked'; readonly mode: string | null };

/** Whether a copy can be deleted: not at all, because its time is over, or although nobody should be able to. */
type Standing = 'locked' | 'expired' | 'unlocked';

/** The only mode that nobody can lift, the account's owner included. */
const COMPLIANCE = 'COMPLIANCE';
const DAY = 24 * 60 * 60_000;
/** S3 counts a retention from about when the object was written. */
const ABOUT = 60_000;

export function unprotected({ versioning, retention }: Keeping): readonly Unprotected[] {
  return [
    ...(versioning ? [] : [{ finding: 'not-versioned' } as const]),
    ...(retention?.mode === COMPLIANCE ? [] : [{ finding: 'not-locked', mode: retention?.mode ?? null } as const]),
  ];
}

/** Of a copy that was written then. One that is over while the bucket's own rule would still keep the copy was made too short. */
export function standingOf(lock: Lock | null, written: Date, retention: Keeping['retention'], now: Date): Standing {
  if (lock?.mode !== COMPLIANCE) return 'unlocked';
  if (lock.until > now) return 'locked';
  const days = retention?.mode === COMPLIANCE ? retention.days : 0;
  return written.getTime() + days * DAY > now.getTime() + ABOUT ? 'unlocked' : 'expired';
}
