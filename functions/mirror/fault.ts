import type { Config } from '../../shared/config/config.ts';
import type { Rejected } from '../../shared/errors.ts';
import { announce } from './announce.ts';
import { Batch, type Unreadable } from './batch.ts';
import type { Deps } from './deps.ts';
import type { Pusher } from './push.ts';
import { faultOf, type Round } from './round.ts';

/** Who records that the rules can't be read, since it is they that name the author. */
const AUTHOR = { name: 'gitferry', email: 'gitferry@localhost' };

export const NO_RULES: Config = {
  mirrors: [],
  images: [],
  releases: [],
  author: AUTHOR,
  rollout: { deadline: 30 * 60_000, onFailure: 'revert' },
  drift: 'notify',
};

/**
 * Records and tells, once, that the rules on the branch can't be used. Nothing lands by older rules; when the file is
 * mended all that its rules reach is looked at afresh, so that nothing which came meanwhile is lost.
 * False when someone was ahead.
 */
export async function recordFault(
  round: Round,
  error: Rejected,
  unreadable: readonly Unreadable[],
  pusher: Pusher,
  deps: Deps,
): Promise<boolean> {
  const fault = faultOf(error);
  const known = round.head.fault === fault;
  if (known && unreadable.length === 0) return true;
  const batch = new Batch(round, NO_RULES, deps);
  const mirrors = Object.entries(round.head.mirrors).map(([name, tally]) => [name, { ...tally, rule: '' }]);
  const sound = round.head.config ?? round.head.sound;
  batch.head = {
    ...round.head,
    fault,
    config: null,
    ...(sound === undefined ? {} : { sound }),
    mirrors: Object.fromEntries(mirrors),
  };
  const { reason, message, hint } = error;
  if (!known) batch.events.push({ ...batch.event(null, null), type: 'stalled', reason, message, hint });
  for (const message of unreadable) batch.rejectMessage(message);
  if (!(await pusher.push(batch))) return false;
  await announce(batch, deps);
  return true;
}
