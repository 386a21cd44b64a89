import type { ImageRule } from '../../shared/config/config.ts';
import { FerryError } from '../../shared/errors.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { emptyState, recordOf, type UnitState } from '../../shared/ledger/state.ts';
import type { Images } from '../../shared/source/images.ts';
import { impatient } from '../../shared/source/patience.ts';
import { chooseImage } from '../../shared/unit/choose-image.ts';
import { imageUnit } from '../../shared/unit/unit.ts';
import { askFor, isHeldUp } from './ask.ts';
import type { Cursor } from './cursor.ts';
import { type Deps, HANDOVER } from './sweep.ts';

/**
 * From the registries to the ledger: asks for policies whose image has something new, or that wait for a person who may
 * have acted. `moved`: people committed since the ledger was last written, so that references may have come or changed.
 * Returns where to go on when time runs out, null at the end.
 */
export async function sweepImages(
  cursor: Cursor | null,
  rules: readonly ImageRule[],
  ledger: Ledger,
  moved: boolean,
  deps: Deps,
): Promise<Cursor | null> {
  const from = cursor?.phase === 'images' ? rules.findIndex(({ name }) => name === cursor.policy) : 0;
  const left = rules.slice(Math.max(from, 0));
  await ledger.load(left.map(({ name }) => name));
  const images = impatient(deps.images);
  for (const rule of left) {
    if (deps.remaining() < HANDOVER) return { phase: 'images', policy: rule.name };
    const state = ledger.state(rule.name) ?? emptyState(rule.name);
    const fresh = state.waiting === null && (await isFresh(rule, state, images, deps));
    if (!fresh && !moved && state.waiting === null) continue;
    const change = { kind: 'image', image: rule.image } as const;
    await askFor([{ unit: rule.name, change, missed: fresh && !isHeldUp(state) }], deps);
  }
  return null;
}

/** A registry that is out of reach now is looked at by the next sweep. */
async function isFresh(rule: ImageRule, state: UnitState, images: Images, { log }: Deps): Promise<boolean> {
  try {
    return await hasNew(rule, state, images);
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    log('not looked at', { policy: rule.name, error });
    return false;
  }
}

async function hasNew(rule: ImageRule, state: UnitState, images: Images): Promise<boolean> {
  const tags = await images.tags(rule.image);
  const known = new Map<string, string | null>();
  for (;;) {
    const choice = chooseImage(imageUnit(rule), state, tags, null, known);
    if (choice.kind === 'want') return choice.digest !== recordOf(state)?.content;
    if (choice.kind === 'stay') return false;
    known.set(choice.tag, await images.peek(rule.image, choice.tag));
  }
}
