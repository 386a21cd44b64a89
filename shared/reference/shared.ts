import type { Sketch } from './sketch.ts';

export interface Candidate {
  readonly sketch: Sketch;
  readonly id: string;
  readonly offset: number;
}

/** What an anchored value says, wherever an alias repeats it. */
function meaning(image: string, form: string): string {
  return `${form === 'hex' ? 'digest' : form} of ${image}`;
}

/**
 * Each scalar is set once, where it stands, whatever number of aliases repeats it: of candidates that come to the same,
 * the first. What repeats for another image can't be set for either (`told`).
 */
export function* withoutShared(
  candidates: readonly Candidate[],
): Generator<{ readonly candidate: Candidate; readonly told: string | null }> {
  const meanings = new Map<number, Set<string>>();
  for (const { sketch } of candidates) {
    for (const { slot, form } of sketch.written) {
      meanings.set(slot.start, (meanings.get(slot.start) ?? new Set()).add(meaning(sketch.image, form)));
    }
  }
  const taken = new Set<number>();
  for (const candidate of candidates) {
    const { written } = candidate.sketch;
    const torn = written.map(({ slot }) => meanings.get(slot.start) ?? new Set()).find(({ size }) => size > 1);
    if (torn !== undefined) {
      yield { candidate, told: `One value is, by its aliases, the ${[...torn].sort().slice(0, 5).join(' and the ')}.` };
    } else if (written.some(({ slot }) => !taken.has(slot.start))) {
      for (const { slot } of written) taken.add(slot.start);
      yield { candidate, told: null };
    }
  }
}
