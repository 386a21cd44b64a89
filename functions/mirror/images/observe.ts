import { Rejected } from '../../../shared/errors.ts';
import type { UnitState } from '../../../shared/ledger/state.ts';
import type { Images, Tag } from '../../../shared/source/images.ts';
import { chooseImage } from '../../../shared/unit/choose-image.ts';
import type { ImageUnit } from '../../../shared/unit/unit.ts';
import type { Wanted } from './recorded.ts';

/** What a registry was found to hold of an image, and what should be of it. */
export interface ImageJudgement {
  /** Null: no tag may land, `why` says so. */
  readonly wanted: Wanted | null;
  readonly why: string;
  readonly refusals: readonly { readonly tag: string; readonly error: Rejected }[];
  /** What was seen, to be compared with a later look. */
  readonly seen: string;
}

/** What was seen where a registry's list of tags makes no sense. */
export const UNREADABLE = '';

/** Asks the registry until the choice is made. Throws Retryable or Stalled when it can't be read, Rejected for no list. */
export async function judgeImage(
  unit: ImageUnit,
  state: UnitState,
  barred: ReadonlySet<string>,
  floor: string | null,
  images: Images,
): Promise<ImageJudgement> {
  const { image } = unit.image;
  const tags = await images.tags(image);
  const known = new Map<string, string | null>();
  const refusals: { tag: string; error: Rejected }[] = [];
  for (;;) {
    const choice = chooseImage(unit, state, tags, floor, known, barred);
    if (choice.kind !== 'read') {
      const wanted = choice.kind === 'want' ? { tag: choice.tag, digest: choice.digest } : null;
      return { wanted, why: choice.why, refusals, seen: fingerprint(tags, known) };
    }
    const found = await digestOf(images, image, choice.tag);
    if (found instanceof Rejected) refusals.push({ tag: choice.tag, error: found });
    known.set(choice.tag, found instanceof Rejected ? null : found);
  }
}

async function digestOf(images: Images, image: string, tag: string): Promise<string | Rejected | null> {
  try {
    return (await images.resolve(image, tag))?.digest ?? null;
  } catch (error) {
    if (error instanceof Rejected) return error;
    throw error;
  }
}

/** Whether a registry still holds what was seen there. Throws Retryable or Stalled when it can't be read any more. */
export async function isSteady(unit: ImageUnit, seen: string, images: Images): Promise<boolean> {
  if (seen === UNREADABLE) return true;
  const { image } = unit.image;
  const before = (JSON.parse(seen) as { known: Record<string, string | null> }).known;
  const asked = Object.keys(before);
  const refused = (error: unknown): null => {
    if (error instanceof Rejected) return null;
    throw error;
  };
  const [tags, ...found] = await Promise.all([
    images.tags(image).catch(refused),
    // A tag whose manifest was refused had no digest then; it is told once, and looked at again with its next event.
    ...asked.map(async (tag) => (before[tag] === null ? null : images.peek(image, tag).catch(refused))),
  ]);
  const now = asked.map((tag, index) => [tag, found[index] ?? null] as const);
  return tags !== null && fingerprint(tags, new Map(now)) === seen;
}

function fingerprint(tags: readonly Tag[], known: ReadonlyMap<string, string | null>): string {
  const listed = tags.map(({ tag, digest }) => `${tag} ${digest ?? ''}`).sort();
  return JSON.stringify({ listed, known: Object.fromEntries(known) });
}
