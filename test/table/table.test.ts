import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { REGION } from '../../infra/local/definitions.ts';
import { CREDENTIALS } from '../../infra/local/queues.ts';
import { startTables, type Tables } from '../../infra/local/tables.ts';
import { Retryable } from '../../shared/errors.ts';
import { dynamoTable } from '../../shared/table/dynamo.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import type { Table } from '../../shared/table/table.ts';

const NAME = 'gitferry-test';
const START = Date.parse('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(START + seconds * 1000);

let tables: Tables;
let client: DynamoDBClient;
before(async () => {
  tables = await startTables([
    {
      TableName: NAME,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    },
  ]);
  client = new DynamoDBClient({ endpoint: tables.url, region: REGION, credentials: CREDENTIALS });
});
after(async () => {
  client.destroy();
  await tables.close();
});

let used = 0;
/** A key that nothing else has used. */
const fresh = (): string => `key:${used++}`;

const kinds: Readonly<Record<string, (now: () => Date) => Table>> = {
  'the table of a process': memoryTable,
  'the table in DynamoDB': (now) => dynamoTable(client, NAME, now),
};

for (const [kind, make] of Object.entries(kinds))
  describe(kind, () => {
    let now = later(0);
    let table: Table;
    before(() => {
      table = make(() => now);
    });

    it('gives back what was written, and which writing it was', async () => {
      const key = fresh();
      assert.equal(await table.read(key), null);
      const value = { text: 'ü\u0000', list: [1, null, { deep: true }] };
      assert.equal(await table.write(key, value, null, later(60)), true);
      assert.deepEqual(await table.read(key), { value, version: 1 });
      assert.equal(await table.write(key, null, 1, later(60)), true);
      assert.deepEqual(await table.read(key), { value: null, version: 2 });
    });

    it('writes over nothing that the writer has not read', async () => {
      const key = fresh();
      await table.write(key, 'first', null, later(60));
      assert.equal(await table.write(key, 'second', null, later(60)), false);
      assert.equal(await table.write(key, 'second', 2, later(60)), false);
      assert.equal(await table.write(fresh(), 'none', 1, later(60)), false);
      assert.deepEqual(await table.read(key), { value: 'first', version: 1 });
    });

    it('keeps what expired from readers and writers, from that time on', async () => {
      const key = fresh();
      await table.write(key, 'old', null, later(60));
      now = later(59);
      assert.deepEqual(await table.read(key), { value: 'old', version: 1 });
      assert.equal(await table.write(key, 'new', null, later(90)), false);
      now = later(60);
      assert.equal(await table.read(key), null);
      assert.equal(await table.write(key, 'new', 1, later(90)), false);
      assert.equal(await table.write(key, 'new', null, later(90)), true);
      assert.deepEqual(await table.read(key), { value: 'new', version: 1 });
    });

    it('lets one of many writers win, each time', async () => {
      const key = fresh();
      for (const version of [null, 1, 2]) {
        const writers = Array.from({ length: 20 }, (_, at) => table.write(key, at, version, later(1e6)));
        const won = await Promise.all(writers);
        const winner = won.indexOf(true);
        assert.deepEqual(
          won.filter((one) => one),
          [true],
        );
        assert.deepEqual(await table.read(key), { value: winner, version: (version ?? 0) + 1 });
      }
    });

    it('is what a table is, whatever happens to it', async () => {
      const step = fc.oneof(
        fc.record({ pass: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ version: fc.option(fc.integer({ min: 1, max: 4 })), lives: fc.integer({ min: 1, max: 8 }) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
          const key = fresh();
          now = later(0);
          let expected = null as { readonly value: number; readonly version: number; readonly until: Date } | null;
          for (const [at, one] of steps.entries()) {
            if ('pass' in one) now = new Date(now.getTime() + one.pass * 1000);
            if (expected !== null && expected.until <= now) expected = null;
            if ('lives' in one) {
              const until = new Date(now.getTime() + one.lives * 1000);
              const wins: boolean = (expected?.version ?? null) === one.version;
              assert.equal(await table.write(key, at, one.version, until), wins);
              if (wins) expected = { value: at, version: (one.version ?? 0) + 1, until };
            }
            const found = await table.read(key);
            assert.deepEqual(found, expected && { value: expected.value, version: expected.version });
          }
        }),
        { numRuns: 30 },
      );
    });
  });

describe('the table in DynamoDB', () => {
  const table = (): Table => dynamoTable(client, NAME, () => later(0));

  const foreign: Readonly<Record<string, NonNullable<PutItemCommand['input']['Item']>>> = {
    'no JSON': { value: { S: '{' }, version: { N: '1' }, expires: { N: '99999999999' } },
    'no text': { value: { N: '1' }, version: { N: '1' }, expires: { N: '99999999999' } },
    'no version': { value: { S: '1' }, expires: { N: '99999999999' } },
    'no whole version': { value: { S: '1' }, version: { N: '1.5' }, expires: { N: '99999999999' } },
    'no end': { value: { S: '1' }, version: { N: '1' } },
    nothing: {},
  };
  for (const [what, item] of Object.entries(foreign))
    it(`takes an item for none, and writes over it once, that has ${what}`, async () => {
      const key = fresh();
      await client.send(new PutItemCommand({ TableName: NAME, Item: { ...item, id: { S: key } } }));
      assert.equal(await table().read(key), null);
      const won = await Promise.all([1, 2, 3].map((one) => table().write(key, one, null, later(60))));
      assert.equal(won.filter((one) => one).length, 1);
      assert.equal((await table().read(key))?.version, 1);
    });

  it('says that it is not to be had when it is not there, or nobody answers', async () => {
    const away = new DynamoDBClient({
      endpoint: 'http://127.0.0.1:1',
      region: REGION,
      credentials: CREDENTIALS,
      maxAttempts: 1,
    });
    const unavailable = (error: unknown): boolean =>
      error instanceof Retryable && error.reason === 'TableUnavailable' && !error.message.includes('127');
    for (const gone of [dynamoTable(client, 'another-table'), dynamoTable(away, NAME)]) {
      await assert.rejects(gone.read('x'), unavailable);
      await assert.rejects(gone.write('x', 1, null, later(60)), unavailable);
      await assert.rejects(gone.write('x', 1, 1, later(60)), unavailable);
    }
    away.destroy();
  });
});
