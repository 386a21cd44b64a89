import assert from 'node:assert/strict';
import { isImage } from '../../shared/ledger/place.ts';
import {
  type Action,
  actions,
  contentOf,
  imageActions,
  judgedActions,
  judgedImageActions,
  judgedReleaseActions,
  releaseActions,
  releaseOf,
} from './actions.ts';
import { imagesAreRespected } from './image-invariants.ts';
import { peopleAreRespected, recordsMatch } from './invariants.ts';
import { nothingLandsEarly, releasesAreDecided, releasesAreWhole } from './release-invariants.ts';
import { ask } from './requests.ts';
import { FIRST_RULES, IMAGE_RULES, RELEASE_RULES } from './rules.ts';
import { filesAreTheirUploads, onlyReferencesChange, referencesSayTheRecord } from './settled.ts';
import { FILES_ALONE, WITH_IMAGES, WITH_RELEASES } from './uploads.ts';
import { rebuildHoldsTheSame, verdictsAreRespected } from './verdict-invariants.ts';
import { World } from './world.ts';

/** Plays a history; everything that was begun then ends, and a sweep looks at every key and every image. */
export async function play(
  history: readonly Action[],
  atomic: boolean,
  rules = FIRST_RULES,
  cast = FILES_ALONE,
): Promise<World> {
  const world = await playOnly(history, atomic, rules, cast);
  if (world.rules.broken) world.writeRules(rules);
  await world.sweep();
  return world;
}

/** The same without the sweep, which would also find what an invocation overlooked. */
export async function playOnly(
  history: readonly Action[],
  atomic: boolean,
  rules = FIRST_RULES,
  cast = FILES_ALONE,
): Promise<World> {
  const world = new World(atomic, rules, cast);
  for (const action of history) await apply(world, action);
  await world.settle();
  return world;
}

async function apply(world: World, action: Action): Promise<void> {
  world.store.tick += 1;
  switch (action.do) {
    case 'upload': {
      const content = contentOf(world.cast, action);
      return content === undefined ? undefined : world.upload(action.key, content.bytes, action.told);
    }
    case 'remove':
      return world.remove(action.key, action.told);
    case 'repeat':
      return world.enqueue({ kind: 'object', bucket: 'releases', key: action.key });
    case 'push':
      return world.push(action.image, action.tag, action.content, action.told);
    case 'untag':
      return world.untag(action.image, action.tag, action.told);
    case 'announce':
      return world.enqueue({ kind: 'image', image: action.image });
    case 'complete': {
      const { objects = [], images = [] } = releaseOf(world.cast, action) ?? {};
      for (const object of objects) await apply(world, { ...object, do: 'upload', told: action.told });
      for (const { image, tag, content } of images) world.push(image, tag, content, action.told);
      return;
    }
    case 'wait':
      world.store.clock += action.minutes * 60_000;
      return;
    case 'start':
      return world.invocations.length < 4 ? world.start(action.most) : undefined;
    case 'step':
      for (let times = 0; times < action.times; times += 1) await world.step(action.which);
      return;
    case 'crash':
      return world.crash(action.which);
    case 'loseAnswer': {
      const invocation = world.pick(action.which);
      if (invocation !== undefined) invocation.weather.loseAnswer = true;
      return;
    }
    case 'revert':
      return world.person.revert(action.back, action.only);
    case 'edit':
      return world.person.edit(action.path, action.text);
    case 'rewrite':
      return world.person.rewrite(action.path, action.which, action.said);
    case 'rules':
      return world.writeRules(action.rules);
    case 'verdict':
    case 'rollback':
    case 'lift':
    case 'replay':
      return ask(world, action);
  }
}

/** The checks that hold after every history. */
export function check(world: World): void {
  recordsMatch(world);
  peopleAreRespected(world);
}

/** The same with images; and that looking once more changes nothing. */
export async function checkImages(world: World): Promise<void> {
  check(world);
  imagesAreRespected(world);
  onlyReferencesChange(world, isImage);
  referencesSayTheRecord(world);
  filesAreTheirUploads(world);
  // A file may have waited for a reference that was set after it.
  await world.sweep();
  const { tip } = world;
  await world.sweep();
  assert.equal(world.tip, tip, 'looking once more changes something');
}

/** The same with release files. */
export async function checkReleases(world: World): Promise<void> {
  await checkImages(world);
  releasesAreWhole(world);
  nothingLandsEarly(world);
  releasesAreDecided(world);
}

/** Any of these, where releases are judged, too. */
export function judged(checked: (world: World) => Promise<void> | void): (world: World) => Promise<void> {
  return async (world) => {
    await checked(world);
    verdictsAreRespected(world);
    await rebuildHoldsTheSame(world);
  };
}

/** What is played, and what is to hold then. */
export const CASTS = [
  { cast: FILES_ALONE, rules: FIRST_RULES, actions, check: async (world: World) => check(world) },
  { cast: WITH_IMAGES, rules: IMAGE_RULES, actions: imageActions, check: checkImages },
  { cast: WITH_RELEASES, rules: RELEASE_RULES, actions: releaseActions, check: checkReleases },
  { cast: FILES_ALONE, rules: FIRST_RULES, actions: judgedActions, check: judged(check) },
  { cast: WITH_IMAGES, rules: IMAGE_RULES, actions: judgedImageActions, check: judged(checkImages) },
  { cast: WITH_RELEASES, rules: RELEASE_RULES, actions: judgedReleaseActions, check: judged(checkReleases) },
];
