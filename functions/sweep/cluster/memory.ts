import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ObjectRef } from '../../../shared/agent/cluster.ts';
import { keyOf } from '../../../shared/agent/field.ts';
import type { Notice } from '../../../shared/notice/bus.ts';
import { type Finding, keyFor, type Look } from './finding.ts';

const ref = z.object({ apiVersion: z.string(), kind: z.string(), namespace: z.string().nullable(), name: z.string() });
const entry = z.object({
  id: z.string(),
  reason: z.string(),
  object: ref,
  message: z.string(),
  hint: z.string(),
  /** When it was first seen, or began as the cluster says. */
  since: z.iso.datetime(),
  grace: z.number(),
  mend: ref.nullable(),
  byTrial: z.boolean(),
  /** `seen`: it may still pass. `due`: it is being told. `told`. `over`: that it is gone is being told. */
  state: z.enum(['seen', 'due', 'told', 'over']),
  /** How often the agent was asked to apply again. */
  asked: z.number(),
});
const memory = z.object({
  entries: z.record(z.string(), entry),
  trials: z.object({ after: z.string().nullable(), forbidden: z.record(z.string(), z.string()) }),
});

/** What is remembered of a cluster from one sweep to the next. */
export type Memory = z.infer<typeof memory>;
type Entry = z.infer<typeof entry>;

export const NOTHING: Memory = { entries: {}, trials: { after: null, forbidden: {} } };

/** An item of a table holds 400 kB; so many findings of the longest kind are less. */
export const MOST = 200;
/** So often an agent is asked to apply the same again: what that does not cure, it never will. */
const ASKED = 3;

/** Nothing where it was lost, or is not readable: then what lasts may be told a second time. */
export function readMemory(value: unknown): Memory {
  return memory.safeParse(value).data ?? NOTHING;
}

export interface Place {
  readonly deployment: string;
  readonly repository: string;
  readonly branch: string;
  readonly cluster: string;
}

/** What is to be remembered after a look; findings that did not find room, which is told of others first. */
export interface Merged {
  readonly memory: Memory;
  readonly left: number;
}

/** What a look changes in what is remembered. `converge`: agents are asked to apply again. */
export function merge(before: Memory, look: Look, place: Place, now: Date, converge: boolean): Merged {
  const entries: Record<string, Entry> = {};
  const found = new Map(look.findings.map((one) => [keyFor(one.reason, one.object), one]));
  for (const [key, known] of Object.entries(before.entries)) {
    if (found.has(key)) continue;
    if (look.unsure.has(key) || (known.byTrial && look.untried.has(key))) entries[key] = known;
    // What was never told passes without a word.
    else if (known.state !== 'seen') entries[key] = { ...known, state: 'over' };
  }
  let left = 0;
  for (const [key, finding] of found) {
    const known = before.entries[key];
    if (known === undefined && Object.keys(entries).length >= MOST) left += 1;
    else entries[key] = updated(known, key, finding, place, now, converge);
  }
  return { memory: { entries, trials: look.trials }, left };
}

function updated(
  known: Entry | undefined,
  key: string,
  finding: Finding,
  place: Place,
  now: Date,
  converge: boolean,
): Entry {
  const { reason, object, message, hint, grace, mend, byTrial = false } = finding;
  // It came back before anybody heard that it was gone: as if it had never been.
  const same = known !== undefined && known.state !== 'over' ? known : undefined;
  const since = same?.since ?? began(finding, now);
  const late = now.getTime() - Date.parse(since) >= grace;
  const state = same === undefined || same.state === 'seen' ? (late ? 'due' : 'seen') : same.state;
  const asks = converge && mend !== null && state !== 'seen';
  const asked = Math.min((same?.asked ?? 0) + (asks ? 1 : 0), ASKED + 1);
  const id = same?.id ?? idOf([place.deployment, place.cluster, key, since]);
  return { id, reason, object, message, hint, since, grace, mend, byTrial, state, asked };
}

/** The cluster's word for it, unless its clock is ahead of ours. */
function began({ since }: Finding, now: Date): string {
  const at = Date.parse(since ?? '');
  return new Date(Number.isNaN(at) || at > now.getTime() ? now : at).toISOString();
}

function idOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** What is to be put on the bus, and what is remembered once it is there. The same again until then, by the same ids. */
export function announce({ entries, trials }: Memory, before: Memory, place: Place, now: Date): [Notice[], Memory] {
  const { cluster, ...where } = place;
  const notices: Notice[] = [];
  const after: Record<string, Entry> = {};
  const asked = new Map<string, readonly [ObjectRef, string]>();
  const at = now.toISOString();
  for (const [key, one] of Object.entries(entries)) {
    const { id, object, reason, message, hint, state, mend } = one;
    const gone = state === 'over';
    const said = gone ? { message: `It is so no more: ${message}`, hint: '' } : { message, hint };
    if (state === 'due' || gone)
      notices.push({ type: 'Drift', detail: { ...where, id, cluster, object, reason, ...said, gone, at } });
    if (!gone) after[key] = { ...one, state: state === 'due' ? 'told' : state };
    if (mend !== null && !gone && one.asked <= ASKED && one.asked > (before.entries[key]?.asked ?? 0))
      asked.set(keyOf(mend), [mend, id]);
  }
  for (const [object, id] of asked.values())
    notices.push({ type: 'Converge', detail: { ...where, id, cluster, object, at } });
  return [notices, { entries: after, trials }];
}
