import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { digestOf } from '../../functions/mirror/files/content.ts';
import { type Effect, type Ferry, startFerry } from '../servers/ferry.ts';
import { BUCKET } from '../servers/stack.ts';
import { digestNamed } from '../simulation/memory-images.ts';
import { deployment, deployments, imageOf, pinned, policy, push, read, rules, sweepOnce, workOff } from './images.ts';

/** A point at which an invocation ends: just before or after the first effect of its kind. */
interface Point {
  readonly effect: Effect;
  readonly when: 'before' | 'after';
}

/** One for each state that an end can leave behind. */
const POINTS: readonly Point[] = [
  { effect: 'note', when: 'before' },
  { effect: 'note', when: 'after' },
  { effect: 'push', when: 'after' },
  { effect: 'announce', when: 'after' },
  { effect: 'delete', when: 'after' },
];
const NAMES = [...POINTS.map(({ effect, when }) => `${effect}-${when}`), 'often', 'last'];

/** Runs one invocation up to a point, and leaves it there for good. Answers whether it came so far. */
async function crash(ferry: Ferry, point: Point): Promise<boolean> {
  const crashed = Promise.withResolvers<true>();
  const ended = ferry.invoke({
    around: async (effect, when) => {
      if (effect !== point.effect || when !== point.when) return;
      crashed.resolve(true);
      await new Promise(() => {});
    },
  });
  const came = await Promise.race([crashed.promise, ended.then(() => false)]);
  await ferry.returnMessages();
  return came;
}

const unitOf = (prefix: string, name: string): string => `s3://${BUCKET}/${prefix}/#${name}`;

/** What lands together with an image: one file. */
const fileOf = (name: string): string => `name: ${name}\n`;

async function putRelease(ferry: Ferry, name: string): Promise<void> {
  const [object, image] = [`config/${name}.yaml`, `${name}-b`];
  const digest = digestNamed(`${imageOf(image)}:1.1.0`);
  const lines = [
    'apiVersion: gitferry.dev/v1',
    'kind: Release',
    `objects: [{ key: ${object}, sha256: ${digestOf(Buffer.from(fileOf(name))).slice(7)} }]`,
    `images: [{ image: "${imageOf(image)}:1.1.0", digest: "${digest}" }]`,
  ];
  await ferry.put(`together/${name}.release.yaml`, lines.join('\n'));
  await ferry.tell(`together/${name}.release.yaml`);
}

async function putMembers(ferry: Ferry, name: string): Promise<void> {
  await ferry.put(`config/${name}.yaml`, fileOf(name));
  await ferry.tell(`config/${name}.yaml`);
  await push(ferry, `${name}-b`, '1.1.0');
}

/** An image by itself, a release of an image and a file, and a release that is turned away. */
async function drop(ferry: Ferry, name: string): Promise<void> {
  await push(ferry, `${name}-a`, '1.1.0');
  await putRelease(ferry, name);
  await putMembers(ferry, name);
  await ferry.put(`together/${name}-broken.release.yaml`, 'kind: Release\n');
  await ferry.tell(`together/${name}-broken.release.yaml`);
  for (let times = 0; times < 10; times += 1) await push(ferry, `${name}-a`, '1.1.0');
}

/** One commit each, one record a unit, each told at least once and always under its id, nothing in the queue. */
async function checkOutcome(ferry: Ferry, name: string): Promise<void> {
  const releases = await ferry.releases();
  for (const summary of [`Release ${name}-a 1.1.0`, `Release ${name}`])
    assert.equal(releases.filter((one) => one === summary).length, 1, `one commit: ${summary}`);
  for (const image of [`${name}-a`, `${name}-b`])
    assert.equal(await read(ferry, `${image}/main.yaml`), deployment(pinned(image, '1.1.0')));
  assert.equal(await read(ferry, `apps/production/${name}.yaml`), fileOf(name));

  const events = await ferry.events();
  const units = [
    `apps:${name}-a`,
    `apps:${name}-b`,
    unitOf('config', `${name}.yaml`),
    unitOf('together', `${name}.release.yaml`),
    unitOf('together', `${name}-broken.release.yaml`),
  ];
  for (const unit of units) {
    const recorded = events.filter((event) => event.unit === unit);
    assert.equal(recorded.length, 1, `${unit} has one record`);
    const told = ferry.notices.filter(({ detail }) => detail.unit === unit);
    assert.ok(told.length >= 1, `${unit} was told`);
    assert.deepEqual([...new Set(told.map(({ detail }) => detail.release ?? detail.id))], [recorded[0]?.id]);
  }
  assert.notEqual(await ferry.object(`gitferry-rejected/together/${name}-broken.release.yaml.test.json`), null);
  assert.equal(await ferry.depth(), 0, 'nothing is left in the queue');
}

describe('fault 9, invariant 6: an invocation that lands images ends anywhere, and the next one comes to the same', () => {
  let ferry: Ferry;
  before(async () => {
    const images = NAMES.flatMap((name) => [`${name}-a`, `${name}-b`]);
    const releases = `releases:\n  - { bucket: ${BUCKET}, prefix: together/ }\n`;
    ferry = await startFerry({}, deployments(images), rules(...images.map((name) => policy(name))) + releases);
    await ferry.tell('config/none.yaml');
    await workOff(ferry);
  });
  after(() => ferry.close());

  for (const point of POINTS)
    test(`${point.when} ${point.effect}`, async () => {
      const name = `${point.effect}-${point.when}`;
      await drop(ferry, name);
      assert.ok(await crash(ferry, point), 'the invocation came to that point');
      await workOff(ferry);
      await checkOutcome(ferry, name);
    });

  test('again and again, at one point after the other', async () => {
    await drop(ferry, 'often');
    for (const point of POINTS) await crash(ferry, point);
    await workOff(ferry);
    await checkOutcome(ferry, 'often');
  });

  test('after the last of a release came, of which the others are long done with: all of it is told', async () => {
    const name = 'last';
    await drop(ferry, name);
    ferry.images.remove(imageOf(`${name}-b`), '1.1.0');
    await workOff(ferry);
    assert.ok(!(await ferry.releases()).includes(`Release ${name}`));
    await push(ferry, `${name}-b`, '1.1.0');
    assert.ok(await crash(ferry, { effect: 'announce', when: 'before' }));
    await workOff(ferry);
    await sweepOnce(ferry, { minutes: 10 });
    await checkOutcome(ferry, name);
  });
});
