import { type Places, placesOf, type Release, type UnitState } from '../../../shared/ledger/state.ts';
import type { Batch } from '../batch.ts';
import { blank, type Part } from '../commit.ts';
import type { Restoration } from './take-back.ts';
import { isMove } from './target.ts';

/** What all that goes back has in common. */
export function restoration(state: UnitState, index: number, edited: readonly string[]): Restoration {
  return { state, failed: state.releases[index] as Release, edited };
}

/**
 * The release that takes another back: of the content that stands again (none, where that was not ours), by the rule of
 * the one that failed, since whoever takes a move back takes back what the rule did. `changed`: what it changes against
 * the record; `stood`: what stands at those places now.
 */
export function revertOf(
  batch: Batch,
  { state, failed }: Restoration,
  target: number,
  changed: Places,
  stood: Places,
): { readonly part: Part; readonly summary: string } {
  const to = state.releases[target];
  const { version = null, content = null, root = failed.root, source = null } = to ?? {};
  const made: Release = {
    ...blank(batch, failed.rule, { version, content: content ?? '', root, source }),
    content,
    changed,
    reverts: failed.release ?? '',
    ...(failed.rollout === undefined ? {} : { rollout: failed.rollout }),
  };
  const isGuilty = failed.content !== null && !isMove(state, state.releases.indexOf(failed));
  const held = isGuilty ? [...new Set([...state.held, failed.content as string])] : state.held;
  const part = { before: { ...state, held }, made, stood: { ...placesOf(state), ...stood } };
  return { part, summary: `Revert "${failed.summary}"` };
}
