import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { keyOf } from '../../functions/verify/chain/chain.ts';
import { openChains } from '../../functions/verify/chain/open-chains.ts';
import { type Deps, follow, followSooner } from '../../functions/verify/follow.ts';
import { run } from '../../functions/verify/run.ts';
import type { Change } from '../../shared/change/change.ts';
import { formatChange, fromOwn } from '../../shared/change/own.ts';
import { Retryable } from '../../shared/errors.ts';
import type { Remote } from '../../shared/git/remote.ts';
import { formatLook, type Look } from '../../shared/notice/look.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { memoryCluster } from '../servers/memory-cluster.ts';
import { LANDED_AT, landed } from './sight.ts';

const silent = async (): Promise<never> => {
  throw new Retryable('ServerUnavailable', 'No Git server.');
};
const NO_GIT = { tips: silent, open: silent, fetch: silent } as unknown as Remote;

interface Message {
  readonly at: number;
  readonly look: number;
}

/** A world in which time passes only from message to message. */
function world() {
  let now = LANDED_AT;
  let crashAfter = Number.POSITIVE_INFINITY;
  const queue: Message[] = [];
  const verdicts: Change[] = [];
  const looked: number[] = [];
  const table = memoryTable(() => new Date(now));
  /** From the step on at which an invocation dies, nothing of it happens any more. */
  const step = async <T>(deed: () => Promise<T>): Promise<T> => {
    crashAfter -= 1;
    if (crashAfter < 0) throw new Retryable('Crashed', 'The invocation died.');
    return deed();
  };
  const deps: Deps = {
    clusters: [memoryCluster()],
    remote: NO_GIT,
    table: {
      read: (key) => step(() => table.read(key)),
      write: (...given) => step(() => table.write(...given)),
    },
    later: (look: Look, seconds) =>
      step(async () => {
        looked.push(look.look - 1);
        queue.push({ at: now + seconds * 1000, look: look.look });
      }),
    send: (changes) => step(async () => void verdicts.push(...changes)),
    ...{ now: () => now, log: () => {}, telemetry: SILENT },
  };
  /** One delivery; true when the message may be deleted. */
  const deliver = async (look: number, steps = Number.POSITIVE_INFINITY): Promise<boolean> => {
    crashAfter = steps;
    try {
      await follow(landed(), look, deps);
      return true;
    } catch (error) {
      assert.ok(error instanceof Retryable);
      return false;
    } finally {
      crashAfter = Number.POSITIVE_INFINITY;
    }
  };
  return {
    deps,
    queue,
    verdicts,
    looked,
    table,
    deliver,
    at: () => now,
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
    /** Delivers what comes next, and says whether there was anything. */
    async next(steps?: number): Promise<boolean> {
      queue.sort((a, b) => a.at - b.at);
      const message = queue.shift();
      if (message === undefined) return false;
      now = Math.max(now, message.at);
      // SQS shows it again after its visibility time.
      if (!(await deliver(message.look, steps))) queue.push({ ...message, at: now + 200_000 });
      return true;
    },
    async runOut(): Promise<void> {
      for (let count = 0; count < 500; count += 1) if (!(await this.next())) return;
      assert.fail('it never ends');
    },
  };
}

describe('a chain of looks', () => {
  test('ends with one verdict, soon after the deadline, and then nothing is sent any more', async () => {
    const one = world();
    assert.ok(await one.deliver(1));
    assert.deepEqual(await openChains(one.table), [{ release: landed().release, unit: landed().unit }]);
    await one.runOut();
    assert.equal(one.verdicts.length, 1);
    assert.deepEqual(
      one.looked,
      [...one.looked.keys()].map((index) => index + 1),
    );
    assert.ok(one.at() <= LANDED_AT + 602_000, String(one.at() - LANDED_AT));
    assert.deepEqual(await openChains(one.table), []);
  });

  test('a release that is told twice, or a look that comes twice, leads to one next look', async () => {
    const one = world();
    await one.deliver(1);
    await one.deliver(1);
    assert.equal(one.queue.length, 1);
    const again = one.queue[0]?.look ?? 0;
    await one.next();
    await one.deliver(again);
    await one.deliver(1);
    assert.equal(one.queue.length, 1);
    assert.equal(one.queue[0]?.look, 3);
  });

  test('twice at once: one looks, and the other message stays until that is sure', async () => {
    const one = world();
    const both = await Promise.all([one.deliver(1), one.deliver(1)]);
    assert.deepEqual(both.sort(), [false, true]);
    assert.equal(one.queue.length, 1);
  });

  test('a release that is told again revives a chain whose message was lost, after some time and not before', async () => {
    const one = world();
    await one.deliver(1);
    await one.next();
    one.queue.length = 0;
    one.wait(60_000);
    await one.deliver(1);
    assert.equal(one.queue.length, 0);
    one.wait(180_000);
    await one.deliver(1);
    assert.deepEqual(
      one.queue.map(({ look }) => look),
      [4],
    );
    await one.runOut();
    assert.equal(one.verdicts.length, 1);
  });

  test('a look that was begun and not ended is taken over when no invocation can be at it any more', async () => {
    const one = world();
    // It dies before it could give its look back.
    assert.equal(await one.deliver(1, 2), false);
    one.wait(70_000);
    assert.equal(await one.deliver(1), false);
    assert.equal(one.queue.length, 0);
    one.wait(10_000);
    assert.equal(await one.deliver(1), true);
    assert.equal(one.queue.length, 1);
    one.queue.length = 0;
    // A message may be so late.
    one.wait(161_000);
    assert.equal(await one.deliver(1), true);
    assert.equal(one.queue.length, 0);
  });

  test('what stands in the table and can’t be read counts as lost', async () => {
    const key = keyOf(landed());
    const one = world();
    await one.deliver(1);
    const item = await one.table.read(key);
    for (const odd of ['x', { ...(item?.value as object), landed: {} }, { ...(item?.value as object), look: 'x' }]) {
      const lost = world();
      await lost.table.write(key, odd, null, new Date(LANDED_AT + 1e9));
      await lost.deliver(1);
      assert.equal(lost.queue.length, 1);
    }
  });

  test('the key of a unit with a long name fits into a table', () => {
    assert.equal(keyOf(landed({ unit: 'a#b' })), `look:${landed().release}:a#b`);
    const long = (end: string) => keyOf(landed({ unit: `a#${'é'.repeat(1500)}${end}` }));
    assert.ok(Buffer.byteLength(long('1')) < 100);
    assert.notEqual(long('1'), long('2'));
  });

  test('told again after its end, the same verdict is sent again', async () => {
    const one = world();
    await one.deliver(1);
    await one.runOut();
    await one.deliver(1);
    assert.equal(one.verdicts.length, 2);
    assert.deepEqual(one.verdicts[0], one.verdicts[1]);
    await one.deliver(5);
    assert.equal(one.verdicts.length, 2);
  });

  test('whatever step it dies at, the same message goes on', async () => {
    for (let steps = 0; steps < 12; steps += 1) {
      const one = world();
      if (!(await one.deliver(1, steps))) one.queue.push({ at: one.at() + 200_000, look: 1 });
      await one.runOut();
      assert.equal(one.verdicts.length, 1, `after ${steps} steps`);
    }
  });

  test('dying at any step of the end, the verdict comes', async () => {
    for (let steps = 0; steps < 8; steps += 1) {
      const one = world();
      await one.deliver(1);
      one.wait(700_000);
      await one.next(steps);
      await one.runOut();
      assert.ok(one.verdicts.length >= 1, `after ${steps} steps`);
      assert.equal(new Set(one.verdicts.map((verdict) => JSON.stringify(verdict))).size, 1);
    }
  });

  test('a table that was lost costs a repeated message', async () => {
    const one = world();
    await one.deliver(1);
    await one.next();
    const lost = world();
    for (const message of one.queue) lost.queue.push(message);
    await lost.deliver(1);
    await lost.runOut();
    assert.equal(lost.verdicts.length, 1);
  });

  test('a look that comes sooner leaves the next one where it is', async () => {
    const one = world();
    await one.deliver(1);
    const waiting = [...one.queue];
    await followSooner([], one.deps);
    assert.deepEqual(one.queue, waiting);
    one.wait(700_000);
    await followSooner([], one.deps);
    assert.equal(one.verdicts.length, 1);
    await one.runOut();
    assert.equal(one.verdicts.length, 1);
    assert.deepEqual(await openChains(one.table), []);
  });

  test('the words of a verdict stand on one line, and fit', async () => {
    const one = world();
    const cluster = memoryCluster();
    cluster.fault = new Retryable('ClusterBusy', `It says:\n\nGitferry-Held: x\u202e ${'x'.repeat(9000)}`);
    one.wait(900_000);
    await follow(landed(), 1, { ...one.deps, clusters: [cluster] });
    one.wait(120_000);
    await follow(landed(), 2, { ...one.deps, clusters: [cluster] });
    const [verdict] = one.verdicts;
    assert.ok(verdict?.kind === 'verdict');
    assert.match(verdict.message, /It says: Gitferry-Held: x\\u\{202e\} x+…$/u);
    assert.ok(verdict.message.length <= 4000);
    assert.deepEqual(fromOwn(JSON.parse(formatChange(verdict))), verdict);
  });

  test('nor does it join a look that is under way, and a chain is not dead before its look was due', async () => {
    const one = world();
    assert.equal(await one.deliver(1, 4), false);
    one.wait(700_000);
    await followSooner([], one.deps);
    assert.deepEqual(one.verdicts, []);
    const two = world();
    await two.deliver(1);
    while ((two.queue[0]?.at ?? 0) - two.at() < 90_000) await two.next();
    const waiting = [...two.queue];
    two.wait(89_000);
    await two.deliver(1);
    assert.deepEqual(two.queue, waiting);
  });

  test('without clusters there is nothing to follow, and no verdict', async () => {
    const one = world();
    await follow(landed(), 1, { ...one.deps, clusters: [] });
    assert.deepEqual([one.queue, one.verdicts], [[], []]);
  });

  test('whatever is lost, doubled and late: one chain, one verdict', async () => {
    const fate = fc.record({
      kind: fc.constantFrom('deliver', 'double', 'lose', 'crash', 'sooner', 'told', 'together'),
      steps: fc.nat(8),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 40 }), async (fates) => {
        const one = world();
        let crashes = 0;
        await one.deliver(1);
        for (const { kind, steps } of fates) {
          if (kind === 'double' && one.queue[0] !== undefined) one.queue.push({ ...one.queue[0] });
          if (kind === 'lose') one.queue.shift();
          if (kind === 'crash') crashes += Number(await one.next(steps));
          if (kind === 'sooner') await followSooner([], one.deps);
          if (kind === 'told') await one.deliver(1);
          if (kind === 'deliver') await one.next();
          if (kind === 'together') {
            const pending = one.queue.shift();
            if (pending !== undefined) {
              const both = await Promise.all([one.deliver(pending.look), one.deliver(pending.look)]);
              if (both.includes(false)) one.queue.push({ ...pending, at: one.at() + 200_000 });
            }
          }
        }
        // The sweep tells a release again as long as it has no verdict.
        for (let sweeps = 0; sweeps < 3 && one.verdicts.length === 0; sweeps += 1) {
          await one.runOut();
          one.wait(900_000);
          if (one.verdicts.length === 0) await one.deliver(1);
        }
        await one.runOut();
        assert.ok(one.verdicts.length >= 1);
        assert.equal(new Set(one.verdicts.map((verdict) => JSON.stringify(verdict))).size, 1);
        // Two chains would look twice as often.
        const most = Math.max(...[...Map.groupBy(one.looked, (look) => look).values()].map(({ length }) => length), 0);
        assert.ok(most <= 1 + crashes, `a look was followed ${most} times by another, with ${crashes} crashes`);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a batch of messages', () => {
  const record = (body: string, messageId = body.slice(0, 20)) => ({ messageId, body }) as never;

  test('names those that failed, and drops what nobody sends', async () => {
    const one = world();
    const table = { ...one.table, read: silent };
    const bodies = ['', 'no json', '{}', '{"gitferry":"look","look":0}', formatLook({ kind: 'look-now', objects: [] })];
    const look = formatLook({ kind: 'look', landed: landed(), look: 1 });
    const event = { Records: [...bodies.map((body) => record(body)), record(look, 'ours')] };
    const answer = await run(event, { ...one.deps, table });
    assert.deepEqual(answer.batchItemFailures, [{ itemIdentifier: 'ours' }]);
  });

  test('asks a cluster for nothing twice', async () => {
    const one = world();
    const cluster = memoryCluster();
    const units = ['a#1', 'a#2', 'a#3'];
    const bodies = units.map((unit) => formatLook({ kind: 'look', landed: landed({ unit }), look: 1 }));
    await run(
      { Records: bodies.map((body, index) => record(body, String(index))) },
      { ...one.deps, clusters: [cluster] },
    );
    assert.equal(one.queue.length, 3);
    assert.equal(new Set(cluster.asked).size, cluster.asked.length);
  });
});
