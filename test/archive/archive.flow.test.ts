import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { FerryError, Retryable } from '../../shared/errors.ts';
import { oidOf } from '../../shared/git/object.ts';
import { readCopy } from '../../shared/ledger/copy.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import type { Table } from '../../shared/table/table.ts';
import { type Archive, eventsJson, LEDGER, startArchive, withCommits } from './fixture.ts';

describe('archive', () => {
  let archive: Archive;
  before(async () => {
    archive = await startArchive();
  });
  after(() => archive.close());

  const git = (...args: string[]): Promise<string> => archive.server.repository.git(...args);

  test('before there is a ledger there is nothing to do', async () => {
    await archive.run();
    assert.deepEqual(archive.bucket.requests, []);
    assert.deepEqual(archive.told, []);
  });

  test('a commit of the ledger becomes one object, which proves itself', async () => {
    const oid = await archive.record({ 'events.json': eventsJson('one'), 'ledger.json': '{}\n' });
    await archive.run();
    const [key] = [...archive.bucket.objects.keys()];
    assert.equal(key, `test/main/2023/11/14/20231114T221320Z-${oid}.json`);
    const copy = JSON.parse(archive.copyOf(oid).toString());
    const raw = (await archive.server.repository.gitBytes(new Uint8Array(), 'cat-file', 'commit', oid)).toString();
    const tree = await git('rev-parse', `${oid}^{tree}`);
    assert.deepEqual(copy, {
      schema: 1,
      ...LEDGER,
      committed: '2023-11-14T22:13:20Z',
      parents: [],
      commit: { oid, text: raw },
      tree: { oid: tree, base64: copy.tree.base64 },
      events: { oid: await git('rev-parse', `${oid}:events.json`), text: eventsJson('one') },
    });
    assert.equal(oidOf({ type: 'tree', bytes: Buffer.from(copy.tree.base64, 'base64') }), tree);
    const read = readCopy(LEDGER, archive.copyOf(oid));
    assert.equal(typeof read === 'string' ? read : read.oid, oid);
    const [version] = archive.bucket.objects.get(key ?? '') ?? [];
    assert.equal(version?.headers['content-type'], 'application/json');
    assert.ok(version?.retainUntil, 'kept by the bucket’s own rule');
  });

  test('nothing new costs one look at the refs, and nothing of the bucket', async () => {
    const [asked, looked] = [archive.bucket.requests.length, archive.server.requests.length];
    await archive.run();
    assert.equal(archive.bucket.requests.length, asked);
    const posts = archive.server.requests.slice(looked).map(({ line }) => line.replace(/\?.*/u, ''));
    // A process that has asked this server before leaves out the first.
    assert.deepEqual(posts, ['GET /main.git/info/refs', 'POST /main.git/git-upload-pack']);
  });

  test('what came since is copied, and only that', async () => {
    const oids = [
      await archive.record({ a: '1' }),
      await archive.record({ 'events.json': eventsJson('two', 'three') }),
    ];
    const asked = archive.bucket.requests.length;
    await archive.run();
    assert.deepEqual(
      archive.bucket.requests
        .slice(asked)
        .map((line) => line.slice(-45, -5))
        .sort(),
      oids.sort(),
    );
    assert.equal(archive.copied().length, 3);
  });

  test('a copy can be made again in any order, and by two at once: nothing is written twice', async () => {
    const { archive, line } = await withCommits(12);
    try {
      await Promise.all([archive.run(), archive.run(), archive.run()]);
      assert.deepEqual(archive.copied(), [...line].sort());
      // Its cursor is lost.
      await archive.run({ table: memoryTable() });
      for (const oid of line) archive.copyOf(oid);
    } finally {
      await archive.close();
    }
  });
});

describe('archive, when something fails', () => {
  let archive: Archive;
  let line: string[];
  before(async () => {
    ({ archive, line } = await withCommits(3));
  });
  after(() => archive.close());
  afterEach(() => {
    archive.bucket.refuse = () => null;
    archive.told.length = 0;
  });

  const failsOf = async (work: Promise<void>): Promise<FerryError> => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof FerryError, String(error));
    return error;
  };

  test('a crash between writing and noting: the next copies the rest, and finds what is there', async () => {
    const table = { ...archive.table, write: () => Promise.reject(new Retryable('TableUnavailable', 'Away.')) };
    assert.equal((await failsOf(archive.run({ table }))).reason, 'TableUnavailable');
    assert.deepEqual(archive.copied(), [...line].sort());
    await archive.run();
    for (const oid of line) archive.copyOf(oid);
    const { facts } = archive.logged.at(-1) ?? assert.fail();
    assert.deepEqual([facts.copied, facts.there, facts.tip], [0, 3, line.at(-1)]);
  });

  test('overtaken by another, it looks anew and goes on', async () => {
    const { archive, line } = await withCommits(3);
    try {
      let writes = 0;
      const late: Promise<string>[] = [];
      const write: Table['write'] = async (...what) => {
        if (writes++ > 0) return archive.table.write(...what);
        late.push(archive.record({ 'events.json': eventsJson('meanwhile') }));
        await late[0];
        return false;
      };
      await archive.run({ table: { ...archive.table, write } });
      assert.deepEqual(archive.copied(), [...line, await late[0]].sort());
      const asked = archive.bucket.requests.length;
      await archive.run();
      assert.equal(archive.bucket.requests.length, asked, 'all of it is noted');
    } finally {
      await archive.close();
    }
  });

  test('another bucket gets all of it', async () => {
    const { archive, line } = await withCommits(3);
    try {
      await archive.run();
      await archive.run({ bucket: 'another' });
      assert.equal(archive.bucket.requests.length, 2 * line.length);
    } finally {
      await archive.close();
    }
  });

  test('an outage of S3 is thrown, and nothing counts as copied', async () => {
    line.push(await archive.record({ 'events.json': eventsJson('late') }));
    archive.bucket.refuse = () => ({ status: 503, code: 'SlowDown' });
    const error = await failsOf(archive.run());
    assert.deepEqual([error.name, error.reason], ['Retryable', 'LedgerBucketUnavailable']);
    archive.bucket.refuse = () => null;
    await archive.run();
    assert.deepEqual(archive.copied(), [...line].sort());
  });

  test('two that write one key at once are asked to try again, and do', async () => {
    line.push(await archive.record({ 'events.json': eventsJson('contended') }));
    let conflicts = 2;
    archive.bucket.refuse = () => (conflicts-- > 0 ? { status: 409, code: 'ConditionalRequestConflict' } : null);
    await archive.run();
    assert.deepEqual(archive.copied(), [...line].sort());
    line.push(await archive.record({ 'events.json': eventsJson('for ever') }));
    archive.bucket.refuse = () => ({ status: 409, code: 'ConditionalRequestConflict' });
    assert.equal((await failsOf(archive.run())).reason, 'LedgerBucketUnavailable');
  });

  for (const [reason, status, code] of [
    ['LedgerBucketDenied', 403, 'AccessDenied'],
    ['LedgerBucketMissing', 404, 'NoSuchBucket'],
  ] as const)
    test(`${code} is told under one id as long as it lasts, and mended by people`, async () => {
      line.push(await archive.record({ 'events.json': eventsJson(code) }));
      archive.bucket.refuse = () => ({ status, code });
      for (const _ of Array(2)) assert.deepEqual((await failsOf(archive.run())).name, 'Stalled');
      assert.deepEqual(
        archive.told.map(({ type, detail }) => [type, detail.reason, detail.id, detail.deployment]),
        Array(2).fill(['Stalled', reason, `test ${reason}`, 'test']),
      );
      assert.match(String(archive.told[0]?.detail.message), /ledger-copies/u);
      archive.bucket.refuse = () => null;
      await archive.run();
      assert.deepEqual(archive.copied(), [...line].sort());
    });

  test('time runs out: what is noted has no gaps, and the next goes on', async () => {
    const { archive, line } = await withCommits(230);
    try {
      const runs: number[] = [];
      while (runs.at(-1) !== line.length && runs.length < 10) {
        // Enough for the first look, and one page.
        let looks = 0;
        await archive.run({ remaining: () => (looks++ < 2 ? 300_000 : 1000) });
        assert.deepEqual(archive.copied(), line.slice(0, archive.copied().length).sort());
        runs.push(archive.copied().length);
      }
      assert.deepEqual(runs, [100, 200, 230]);
    } finally {
      await archive.close();
    }
  });

  test('no time at all: nothing is begun', async () => {
    await archive.record({ 'events.json': eventsJson('no time') });
    assert.equal((await failsOf(archive.run({ remaining: () => 1000 }))).reason, 'TimeShort');
    await archive.run();
  });
});
