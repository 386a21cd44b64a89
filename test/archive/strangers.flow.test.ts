import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Retryable } from '../../shared/errors.ts';
import { readCopy } from '../../shared/ledger/copy.ts';
import { type Archive, BRANCH, eventsJson, LEDGER, withCommits } from './fixture.ts';

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
