import type { ImageChange, ObjectChange } from '../../shared/change/change.ts';
import type { UnitState } from '../../shared/ledger/state.ts';
import type { Deps } from './sweep.ts';

/** A unit that is to be looked at again, and where. */
export interface Question {
  readonly unit: string;
  readonly change: ObjectChange | ImageChange;
  /** Whether there is something new that no event told of, as far as the ledger knows. */
  readonly missed: boolean;
}

/** Asks, and says in the log what was missed, and what is only asked again, because it waits. */
export async function askFor(questions: readonly Question[], { ask, log }: Pick<Deps, 'ask' | 'log'>): Promise<void> {
  const unitsOf = (missed: boolean) => questions.filter((one) => one.missed === missed).map(({ unit }) => unit);
  const [missed, again] = [unitsOf(true), unitsOf(false)];
  if (missed.length > 0) log('missed', { units: missed });
  if (again.length > 0) log('asked again', { units: again });
  await ask(questions.map(({ change, missed }) => (missed ? { ...change, missed } : change)));
}

/** Whether a person is in the way of a unit, who may have acted: what is new of it was told, and did not land. */
export function isHeldUp({ waiting, stopped }: UnitState): boolean {
  return waiting !== null || stopped !== undefined;
}
