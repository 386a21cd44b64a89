import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { FerryError, Retryable } from '../../shared/errors.ts';
import { oidOf } from '../../shared/git/object.ts';
import { copyKey, readCopy } from '../../shared/ledger/copy.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import type { Table } from '../../shared/table/table.ts';
import { type Archive, BRANCH, eventsJson, LEDGER, startArchive } from './fixture.ts';

/** Ours, of somebody who began a few commits ago. */
async function withCommits(count: number): Promise<{ archive: Archive; line: string[] }> {
  const archive = await startArchive();
  const line: string[] = [];
  for (const at of Array(count).keys()) line.push(await archive.record({ 'events.json': eventsJson(`${at}`) }));
  return { archive, line };
}

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

describe('archive of a ledger that somebody else wrote to', () => {
  let archive: Archive;
  let line: string[];
  before(async () => {
    ({ archive, line } = await withCommits(4));
    await archive.run();
  });
  after(() => archive.close());
  afterEach(() => {
    archive.told.length = 0;
  });

  const git = (...args: string[]): Promise<string> => archive.server.repository.git(...args);
  const reasons = (): unknown[] => archive.told.map(({ detail }) => detail.reason);

  test('a ledger that is gone is told, and its copy stays', async () => {
    const tip = await git('rev-parse', BRANCH);
    await git('branch', '-D', BRANCH);
    await assert.rejects(archive.run(), { name: 'Stalled', reason: 'LedgerMissing' });
    assert.deepEqual(reasons(), ['LedgerMissing']);
    assert.deepEqual(archive.copied(), [...line].sort());
    await git('branch', BRANCH, tip);
    archive.told.length = 0;
    await archive.run();
    assert.deepEqual(reasons(), []);
  });

  test('set back: told once, and what was copied stays', async () => {
    await git('branch', '--force', BRANCH, line[1] ?? '');
    await archive.run();
    await archive.run();
    assert.deepEqual(reasons(), ['LedgerRewritten']);
    assert.match(String(archive.told[0]?.detail.id), new RegExp(`^test LedgerRewritten ${line[1]}$`, 'u'));
    assert.deepEqual(archive.copied(), [...line].sort());
  });

  test('written afresh: the new line is copied beside the old one', async () => {
    await git('branch', '--delete', '--force', BRANCH);
    const fresh = [await archive.record({ 'events.json': eventsJson('fresh') }), await archive.record({ b: '2' })];
    await archive.run();
    assert.deepEqual(reasons(), ['LedgerRewritten']);
    assert.deepEqual(archive.copied(), [...line, ...fresh].sort());
    for (const oid of [...line, ...fresh]) archive.copyOf(oid);
  });

  test('told before it is copied: a crash in between tells it again', async () => {
    await git('branch', '--force', BRANCH, line[2] ?? '');
    const table = { ...archive.table, write: () => Promise.reject(new Retryable('TableUnavailable', 'Away.')) };
    await assert.rejects(archive.run({ table }));
    await archive.run();
    assert.deepEqual(reasons(), ['LedgerRewritten', 'LedgerRewritten']);
    assert.equal(archive.told[0]?.detail.id, archive.told[1]?.detail.id);
  });

  test('events that are no JSON, no text, no file, or not there: copied as they are', async () => {
    const odd = Buffer.from([0x7b, 0xff, 0x00, 0xfe]);
    const bytes = await archive.record({ 'events.json': odd });
    const words = await archive.record({ 'events.json': '"]}\u2028 <script>' });
    const folder = await archive.record({ 'events.json': null, 'events.json/deep': 'x' });
    const module = await archive.record({
      'events.json/deep': null,
      'events.json': { mode: '160000', bytes: '1'.repeat(40) },
    });
    const link = await archive.record({ 'events.json': { mode: '120000', bytes: '/etc/passwd' } });
    const none = await archive.record({ 'events.json': null });
    await archive.run();
    const events = (oid: string) => JSON.parse(archive.copyOf(oid).toString()).events;
    assert.equal(events(bytes).base64, odd.toString('base64'));
    assert.equal(events(words).text, '"]}\u2028 <script>');
    assert.equal(events(link).text, '/etc/passwd');
    for (const oid of [folder, module, none]) assert.equal(events(oid), null);
    for (const oid of [bytes, words, folder, module, link, none])
      assert.equal(typeof readCopy(LEDGER, archive.copyOf(oid)), 'object', oid);
  });

  test('events beyond all measure are left out, with their id, and hold up nothing', async () => {
    const huge = await archive.record({ 'events.json': Buffer.alloc(17 * 2 ** 20, 0x20) });
    const next = await archive.record({ 'events.json': eventsJson('next') });
    await archive.run();
    const copy = JSON.parse(archive.copyOf(huge).toString());
    assert.deepEqual(copy.events, { oid: await git('rev-parse', `${huge}:events.json`), omitted: true });
    assert.equal(JSON.parse(archive.copyOf(next).toString()).events.text, eventsJson('next'));
  });

  test('a commit of any time has its place', async () => {
    const commit = async (committer: string): Promise<string> => {
      const tree = await git('rev-parse', `${BRANCH}^{tree}`);
      const parent = await git('rev-parse', BRANCH);
      const raw = `tree ${tree}\nparent ${parent}\nauthor A <a@b> 1 +0000\ncommitter ${committer}\n\nOdd\n`;
      const args = ['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'];
      const oid = (await archive.server.repository.gitBytes(Buffer.from(raw), ...args)).toString().trim();
      await git('branch', '--force', BRANCH, oid);
      return oid;
    };
    const odd = [
      await commit('A <a@b> 99999999999999 +0000'),
      await commit('nobody'),
      await commit('A <a@b> -5 +0000'),
    ];
    await archive.run();
    const keys = odd.map((oid) => [...archive.bucket.objects.keys()].find((key) => key.includes(oid)));
    assert.deepEqual(
      keys.map((key) => key?.slice(0, 38)),
      [
        'test/main/0000/00/00/00000000T000000Z-',
        'test/main/1970/01/01/19700101T000000Z-',
        'test/main/0000/00/00/00000000T000000Z-',
      ],
    );
  });
});

describe('a copy', () => {
  const commit = { committer: { name: '', email: '', seconds: 1, zone: '+0000' } };

  test('no two ledgers share a key', () => {
    const oid = '1'.repeat(40);
    const keys = [
      copyKey({ deployment: 'a', branch: 'b/c' }, oid, commit),
      copyKey({ deployment: 'a/b', branch: 'c' }, oid, commit),
    ];
    assert.deepEqual(keys, [
      `a/b~c/1970/01/01/19700101T000001Z-${oid}.json`,
      `a~b/c/1970/01/01/19700101T000001Z-${oid}.json`,
    ]);
  });

  test('is read back only if it holds together', async () => {
    const archive = await startArchive();
    try {
      const oid = await archive.record({ 'events.json': eventsJson('one') });
      await archive.run();
      const text = archive.copyOf(oid).toString();
      const copy = JSON.parse(text);
      const other = { oid: oidOf({ type: 'blob', bytes: Buffer.from('x') }), text: 'x' };
      const render = (changed: object): string => `${JSON.stringify({ ...copy, ...changed }, null, 1)}\n`;
      assert.equal(render({}), text);
      const lies: Readonly<Record<string, string>> = {
        'no JSON': text.slice(1),
        'the commit': render({ commit: { oid, text: copy.commit.text.replace('batch', 'Batch') } }),
        'no commit': render({ commit: { oid, omitted: true } }),
        'the tree': render({ tree: { oid: copy.tree.oid, base64: '' } }),
        'another tree': render({ tree: { oid: oidOf({ type: 'tree', bytes: new Uint8Array() }), base64: '' } }),
        'the events': render({ events: { oid: copy.events.oid, text: eventsJson('two') } }),
        'other events': render({ events: other }),
        'no events': render({ events: null }),
        'its own field': render({ committed: '2020-01-01T00:00:00Z' }),
        'one more field': render({ approved: true }),
        'its deployment': render({ deployment: 'other' }),
        'how it is written': text.replace('"schema": 1', '"schema":1'),
      };
      for (const [what, lie] of Object.entries(lies))
        assert.equal(typeof readCopy(LEDGER, Buffer.from(lie)), 'string', what);
    } finally {
      await archive.close();
    }
  });
});
