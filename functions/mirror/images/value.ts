import type { ImageRule } from '../../../shared/config/config.ts';
import { REMOVED, type Release, type Standing } from '../../../shared/ledger/state.ts';
import type { Value } from '../../../shared/reference/reference.ts';

/** What the ledger keeps of a reference: what it says. */
export function standingOf({ name, tag, digest }: Value): string {
  return `=${name ?? ''}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

const WRITTEN = /^=(.*?)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/su;

/** What a reference said, from what the ledger keeps of it. */
export function valueAt(standing: Standing): Value | null {
  const [, name = '', tag = null, digest = null] = WRITTEN.exec(standing ?? '') ?? [];
  if (standing === null) return null;
  return { name: name === '' ? null : name, tag, digest };
}

/** Whether a reference says what was released: its digest or, without one, its tag. A moving tag alone says nothing. */
export function saysRelease(
  { policy }: ImageRule,
  { tag, digest }: Value,
  { version, content }: Pick<Release, 'version' | 'content'>,
): boolean {
  if (content === null || content === REMOVED) return false;
  return digest === null ? policy.kind !== 'digest' && tag !== null && tag === version : digest === content;
}
