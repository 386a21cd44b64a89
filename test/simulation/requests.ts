import fc from 'fast-check';
import type { Request } from '../../shared/change/change.ts';
import { type Outcome, outcome } from '../../shared/change/verdict.ts';
import type { World } from './world.ts';

/** What the cluster says of a release, and what people ask for. `back`: how many releases ago it landed. */
export type Asking =
  | { readonly do: 'verdict'; readonly back: number; readonly verdict: Outcome }
  | { readonly do: 'rollback'; readonly back: number }
  | { readonly do: 'lift'; readonly back: number; readonly by: 'version' | 'release' | 'content' }
  /** Something that was asked before arrives once more. */
  | { readonly do: 'replay'; readonly back: number };

const back = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: fc.nat({ max: 12 }) });
const ended = fc.constantFrom(...outcome.options, 'failed' as const, 'failed' as const, 'failed' as const, 'delivered');

export const askings: fc.WeightedArbitrary<Asking>[] = [
  { weight: 7, arbitrary: fc.record({ do: fc.constant('verdict' as const), back, verdict: ended }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rollback' as const), back }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('lift' as const),
      back,
      by: fc.constantFrom('version' as const, 'release' as const, 'content' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replay' as const), back: fc.nat({ max: 9 }) }) },
];

/** Lets a message arrive that says something. */
export function ask(world: World, action: Asking): void {
  const change = action.do === 'replay' ? world.asked.at(-1 - action.back) : requestOf(world, action);
  if (change === undefined) return;
  world.asked.push(change);
  world.enqueue(change);
}

function requestOf({ read, tip }: World, action: Exclude<Asking, { do: 'replay' }>): Request | undefined {
  const landed = read.commits(tip).flatMap((oid) => read.records(oid));
  const { unit, release: made } = landed.at(-1 - action.back) ?? {};
  if (unit === undefined || made === undefined) return undefined;
  const release = made.release ?? '';
  if (action.do === 'verdict')
    return { kind: 'verdict', unit, release, verdict: action.verdict, reason: 'Seen', message: 'so it is', hint: '' };
  if (action.do === 'rollback') return { kind: 'rollback', unit, release, by: undefined, why: '' };
  return { kind: 'lift', unit, version: made[action.by] ?? release, by: undefined };
}
