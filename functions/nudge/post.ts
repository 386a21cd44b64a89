import { deliver } from '../../shared/http/deliver.ts';
import type { Message } from './ways.ts';

/** Milliseconds: whoever is told has only to take note of it. */
const LONGEST = 10_000;

/** @throws Retryable NudgeUndelivered; Stalled NudgeRefused, CertificateRefused */
export async function post({ url, headers, body }: Message, who: string, left: () => number): Promise<void> {
  const patience = Math.min(left(), LONGEST);
  await deliver(
    { url, headers, body, patience },
    {
      who,
      undelivered: 'NudgeUndelivered',
      refused: 'NudgeRefused',
      hint: 'Check its address and its secret in GITFERRY_NUDGE_SECRET; redirects are not followed.',
    },
  );
}
