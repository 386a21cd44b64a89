import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { Retryable } from '../../../shared/errors.ts';
import type { Told } from '../../../shared/notice/told.ts';
import { printable } from '../../../shared/printable.ts';
import type { Table } from '../../../shared/table/table.ts';
import { type Shown, STATES, type State, show, stateOf } from '../commit-state.ts';
import type { Host } from '../host.ts';

const state = z.enum(STATES);
/** What is known of a commit: the state of each unit, and what its host was last told. */
const commitSchema = z.object({ units: z.record(z.string(), state), shown: state.nullable() });
type Known = z.infer<typeof commitSchema>;

const KEEP = 90 * 24 * 60 * 60 * 1000;
const TRIES = 12;

/** Milliseconds; the units of a release file are told all at once. */
const LONGEST_PAUSE = 200;

/**
 * Shows beside a commit what became of all that was released by it: the worst of its units. The host is asked before what
 * it shows is remembered, and asked again when another invocation was faster; so the last word is the right one.
 * @throws Retryable ChannelUnavailable, TableUnavailable, TableBusy; Stalled ChannelRefused.
 */
export async function showCommit(
  told: Told,
  host: Host,
  { table, followed, now }: { readonly table: Table; readonly followed: boolean; readonly now: () => Date },
): Promise<void> {
  const given = stateOf(told, followed);
  if (given === null || !('commit' in told.detail)) return;
  const { commit, unit, deployment } = told.detail;
  const key = `commit:${host.kind}:${commit}`;
  let unsure = false;
  for (let tries = 0; tries < TRIES; tries++) {
    const item = await table.read(key);
    const before: Known = commitSchema.safeParse(item?.value).data ?? { units: {}, shown: null };
    const units = { ...before.units, [unit]: later(before.units[unit], given) };
    const worst = worstOf(Object.values(units));
    const same: boolean = before.shown === worst && !unsure;
    if (same && before.units[unit] === units[unit]) return;
    const context = `gitferry/${deployment}`;
    if (!same)
      await show(host, { commit, state: worst, context, description: describe(told, worst, given, units, followed) });
    const expires = new Date(now().getTime() + KEEP);
    if (await table.write(key, { units, shown: worst }, item?.version ?? null, expires)) return;
    // What this invocation showed may stand behind what another showed meanwhile.
    unsure ||= !same;
    await wait(Math.random() * LONGEST_PAUSE);
  }
  throw new Retryable('TableBusy', 'What is remembered of a commit is written by others again and again.');
}

/** That it landed is no news once it has a verdict. */
function later(before: State | undefined, given: State): State {
  return given === 'pending' && before !== undefined ? before : given;
}

function worstOf(states: readonly State[]): State {
  return STATES.findLast((one) => states.includes(one)) ?? 'pending';
}

const SENTENCES = {
  success: 'Delivered',
  pending: 'Landed, and followed in the cluster',
  error: 'Not known whether it is delivered',
  failure: 'Failed in the cluster',
} as const;

function describe(
  { type, detail }: Told,
  worst: State,
  given: State,
  units: Known['units'],
  followed: boolean,
): Shown['description'] {
  if (!followed && worst === 'success') return 'Landed; no cluster is connected';
  const count = Object.values(units).filter((one) => one === worst).length;
  const of = Object.keys(units).length === 1 ? '' : ` (${count} of ${Object.keys(units).length} units)`;
  const why =
    type === 'Verdict' && given === worst && worst !== 'success' ? `: ${detail.message || detail.reason}` : '';
  return printable(`${SENTENCES[worst]}${of}${why}`);
}
