import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Effect, type Ferry, startFerry } from '../servers/ferry.ts';

/** A point at which an invocation ends: just before or after the nth effect of its kind. */
interface Point {
  readonly effect: Effect;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** Runs one invocation up to a point, and leaves it there for good. Answers whether it came so far. */
async function crash(ferry: Ferry, point: Point): Promise<boolean> {
  let count = 0;
  const crashed = Promise.withResolvers<true>();
  const ended = ferry.invoke({
    around: async (effect, when) => {
      if (effect !== point.effect || when !== point.when) return;
      count += 1;
      if (count < point.nth) return;
      crashed.resolve(true);
      await new Promise(() => {});
    },
  });
  const came = await Promise.race([crashed.promise, ended.then(() => false)]);
  await ferry.returnMessages();
  return came;
}

async function workOff(ferry: Ferry): Promise<void> {
  for (let answer = await ferry.invoke(); answer !== null; answer = await ferry.invoke());
}

/** Puts one upload that lands and one that is rejected: told by a whole batch, and by what is drained after it. */
async function drop(ferry: Ferry, name: string): Promise<void> {
  await ferry.put(`config/${name}.yaml`, `name: ${name}\n`);
  await ferry.put(`config/${name}-broken.yaml`, 'a: [\n');
  for (let times = 0; times < 10; times += 1) await ferry.tell(`config/${name}.yaml`);
  await ferry.tell(`config/${name}-broken.yaml`);
}

/** One commit, one record, each told at least once and always under one id, the note beside, nothing in the queue. */
async function checkOutcome(ferry: Ferry, name: string): Promise<void> {
  const landed = { unit: `s3://releases/config/#${name}.yaml`, summary: `Release apps/production/${name}.yaml` };
  const rejected = `s3://releases/config/#${name}-broken.yaml`;
  assert.equal((await ferry.releases()).filter((summary) => summary === landed.summary).length, 1, 'one commit');
  const events = await ferry.events();
  for (const unit of [landed.unit, rejected]) {
    const recorded = events.filter((event) => event.unit === unit);
    assert.equal(recorded.length, 1, `${unit} has one record`);
    const told = ferry.notices.filter(({ detail }) => detail.unit === unit);
    assert.ok(told.length >= 1, `${unit} was told`);
    assert.deepEqual([...new Set(told.map(({ detail }) => detail.release ?? detail.id))], [recorded[0]?.id]);
  }
  assert.notEqual(await ferry.object(`gitferry-rejected/config/${name}-broken.yaml.test.json`), null);
  assert.equal(await ferry.depth(), 0, 'nothing is left in the queue');
}

const POINTS: readonly Point[] = [
  ...(['note', 'push', 'announce', 'delete'] as const).flatMap((effect) =>
    (['before', 'after'] as const).map((when) => ({ effect, when, nth: 1 })),
  ),
  { effect: 'delete', when: 'before', nth: 2 },
];

describe('fault 9, invariant 6: an invocation ends anywhere, and the next one comes to the same single outcome', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry();
    await ferry.tell('config/none.yaml');
    await workOff(ferry);
  });
  after(() => ferry.close());

  for (const point of POINTS)
    test(`${point.when} ${point.effect}${point.nth === 1 ? '' : ` ${point.nth}`}`, async () => {
      const name = `${point.effect}-${point.when}-${point.nth}`;
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
});

describe('fault 9: the very first invocation ends while it begins the ledger', () => {
  for (const when of ['before', 'after'] as const)
    test(`${when} the push`, async () => {
      const ferry = await startFerry();
      try {
        await drop(ferry, 'first');
        assert.ok(await crash(ferry, { effect: 'push', nth: 1, when }));
        await workOff(ferry);
        await checkOutcome(ferry, 'first');
        assert.equal(ferry.pushes(), 2, 'one for the ledger, one for the batch');
      } finally {
        await ferry.close();
      }
    });
});
