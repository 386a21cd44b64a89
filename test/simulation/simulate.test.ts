import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  actions,
  imageActions,
  imageMachineActions,
  machineActions,
  narrowActions,
  narrowImageActions,
} from './actions.ts';
import { treeOfMain } from './invariants.ts';
import { FIRST_RULES, IMAGE_RULES } from './rules.ts';
import { CASTS, check, checkImages, play, playOnly } from './simulate.ts';
import { WITH_IMAGES } from './uploads.ts';
import { World } from './world.ts';

/** The same histories at every run, until so many steps are done; `npm run simulate -- --steps N` plays others. */
const STEPS = 50_000;
const SEED = 1;

for (const atomic of [true, false])
  test(`people are respected and nothing is lost, ${atomic ? 'with' : 'without'} atomic pushes`, async () => {
    let steps = 0;
    const property = fc.asyncProperty(actions, async (history) => {
      steps += history.length;
      check(await play(history, atomic));
    });
    for (let seed = SEED; steps < STEPS / 2; seed += 1) await fc.assert(property, { numRuns: 50, seed });
  });

/** Histories with images, and files that name them, cost ten times as much. */
const IMAGE_STEPS = 5_000;

for (const atomic of [true, false])
  test(`no image moves unasked, and none that was taken back returns, ${atomic ? 'with' : 'without'} atomic pushes`, async () => {
    let steps = 0;
    const property = fc.asyncProperty(imageActions, async (history) => {
      steps += history.length;
      await checkImages(await play(history, atomic, IMAGE_RULES, WITH_IMAGES));
    });
    for (let seed = SEED; steps < IMAGE_STEPS / 2; seed += 1) await fc.assert(property, { numRuns: 25, seed });
  });

/** The same where releases are judged: files alone cost little, images ten times, and release files more than that. */
const JUDGED_STEPS = [5_000, 1_000, 700];

for (const [index, { cast, rules, actions, check }] of CASTS.slice(-JUDGED_STEPS.length).entries())
  test(`what failed stays away until a person lets it in, ${['files', 'with images', 'with release files'][index]}`, async () => {
    let steps = 0;
    const property = fc.asyncProperty(actions, fc.boolean(), async (history, atomic) => {
      steps += history.length;
      await check(await play(history, atomic, rules, cast));
    });
    for (let seed = SEED; steps < (JUDGED_STEPS[index] ?? 0); seed += 1)
      await fc.assert(property, { numRuns: 10, seed });
  });

/** The world as it would be if what its bucket holds had come at once. */
async function fresh({ store, images, rules, cast }: World): Promise<World> {
  const world = new World(true, rules, cast);
  for (const [image, tags] of images.all) for (const [tag, digest] of tags) world.images.point(image, tag, digest);
  for (const object of [...store.objects.values()].sort((a, b) => (a.modified < b.modified ? -1 : 1)))
    world.store.put(object.key, object.bytes);
  await world.sweep();
  return world;
}

const RULES = { ...FIRST_RULES, onDelete: 'remove' as const, allowRepublish: true };

test('without people, any order, duplication and loss of events ends in the tree that the bucket asks for', async () => {
  const property = fc.asyncProperty(machineActions, fc.boolean(), async (history, atomic) => {
    const world = await play(history, atomic, RULES);
    assert.deepEqual(treeOfMain(world), treeOfMain(await fresh(world)));
    check(world);
  });
  await fc.assert(property, { numRuns: 100 });
});

test('without people, any order of pushes and uploads ends in the tree that registry and bucket ask for', async () => {
  const rules = { ...IMAGE_RULES, onDelete: 'remove' as const, allowRepublish: true };
  const property = fc.asyncProperty(imageMachineActions, fc.boolean(), async (history, atomic) => {
    const world = await play(history, atomic, rules, WITH_IMAGES);
    assert.deepEqual(treeOfMain(world), treeOfMain(await fresh(world)));
  });
  await fc.assert(property, { numRuns: 40, seed: SEED });
});

test('where every event arrives, however often and whenever, no sweep is needed for that', async () => {
  const property = fc.asyncProperty(narrowActions, fc.boolean(), async (history, atomic) => {
    const told = history.map((action) => ('told' in action ? { ...action, told: true } : action));
    const world = await playOnly(told, atomic, RULES);
    assert.deepEqual(treeOfMain(world), treeOfMain(await fresh(world)));
  });
  await fc.assert(property, { numRuns: 60 });
});

test('where every push is told of, however often and whenever, no sweep is needed for that', async () => {
  const property = fc.asyncProperty(narrowImageActions, fc.boolean(), async (history, atomic) => {
    const told = history.map((action) => ('told' in action ? { ...action, told: true } : action));
    const world = await playOnly(told, atomic, IMAGE_RULES, WITH_IMAGES);
    const { tip } = world;
    await world.sweep();
    assert.equal(world.tip, tip);
  });
  await fc.assert(property, { numRuns: 40, seed: SEED });
});
