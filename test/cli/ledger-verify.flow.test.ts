import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Comparison, compare } from '../../cli/ledger-copy/compare.ts';
import { s3Copies } from '../../cli/ledger-copy/copies.ts';
import { renderCommit, withSignature } from '../../shared/git/commit.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { readCopy, renderCopy } from '../../shared/ledger/copy.ts';
import { readSigningKey } from '../../shared/trust/signing.ts';
import { type Archive, BRANCH, eventsJson, LEDGER, startArchive } from '../archive/fixture.ts';
import { gitferry, type Outcome } from './process.ts';

const pem = (): string => String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));

describe('gitferry ledger verify', () => {
  let archive: Archive;
  let line: string[];
  let saved: NodeJS.ProcessEnv;
  before(async () => {
    saved = { ...process.env };
    archive = await startArchive();
    line = [];
    for (const at of Array(50).keys()) line.push(await archive.record({ 'events.json': eventsJson(`${at}`) }));
    await archive.run();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: archive.bucket.url,
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
    });
  });
  after(async () => {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
    await archive.close();
  });
  afterEach(async () => {
    archive.bucket.refuse = () => null;
    archive.bucket.days = 2557;
    archive.bucket.versioning = 'Enabled';
  });

  const git = (...args: string[]): Promise<string> => archive.server.repository.git(...args);
  const keyOf = (oid = ''): string => [...archive.bucket.objects.keys()].find((key) => key.includes(oid)) ?? '';
  const verify = (...more: string[]): Promise<Outcome> => {
    const about = ['--repository', archive.server.url, '--deployment', 'test', '--bucket', archive.bucket.name];
    return gitferry('/', 'ledger', 'verify', ...about, '--region', 'us-east-1', ...more);
  };
  const found = async (...more: string[]) => {
    const { status, out, err } = await verify('-o', 'json', ...more);
    assert.equal(err, '');
    const lines = out
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    return { status, findings: lines.slice(0, -1), summary: lines.at(-1) ?? {} };
  };

  test('the same: it says so, and ends with 0', async () => {
    const { status, out, err } = await verify();
    const said = '50 commits, 50 copies: the same.\nWhat is added is locked for 2557 days.\n';
    assert.deepEqual([status, out, err], [0, said, '']);
    const { findings, summary } = await found();
    assert.deepEqual(findings, []);
    assert.deepEqual(summary, {
      ...{ commits: 50, copies: 50, notYet: 0, unlocked: 0, expired: 0, findings: 0 },
      retention: { mode: 'COMPLIANCE', days: 2557 },
    });
  });

  test('a commit without a copy is missing; one of just now is not copied yet', async () => {
    line.push(await archive.record({ 'events.json': eventsJson('uncopied') }));
    const tree = await git('rev-parse', `${BRANCH}^{tree}`);
    const young = await git('commit-tree', tree, '-p', line.at(-1) ?? '', '-m', 'Just now');
    await git('branch', '--force', BRANCH, young);
    const { status, findings, summary } = await found();
    assert.equal(status, 1);
    assert.deepEqual(findings, [{ finding: 'missing', commit: line.at(-1), committed: '2023-11-14T22:13:20.000Z' }]);
    assert.equal(summary.notYet, 1);
    line.push(young);
    const raw = (await archive.server.repository.gitBytes(new Uint8Array(), 'cat-file', 'commit', young)).toString();
    const claimed = raw.replace(/^(parent) .*(\n.*\n)(committer .*>) .*$/mu, `$1 ${young}$2$3 4000000000 +0000`);
    const args = ['hash-object', '-t', 'commit', '-w', '--stdin'];
    const tomorrow = (await archive.server.repository.gitBytes(Buffer.from(claimed), ...args)).toString().trim();
    await git('branch', '--force', BRANCH, tomorrow);
    assert.deepEqual(
      (await found()).findings.map(({ commit }) => commit),
      [line.at(-2), tomorrow],
      'what claims to be of the future is missing now',
    );
    await git('branch', '--force', BRANCH, young);
    await archive.run();
    assert.equal((await verify()).status, 0);
  });

  test('what somebody did in the bucket: wrote again, deleted, replaced, put beside', async () => {
    const [again, deleted, beside] = [keyOf(line[1]), keyOf(line[2]), 'test/main/2023/notes.txt'];
    archive.bucket.overwrite(again, '{}');
    archive.bucket.hide(deleted);
    archive.bucket.overwrite(beside, 'x');
    archive.bucket.overwrite('other/main/whatever', 'x');
    const { status, findings } = await found();
    assert.equal(status, 1);
    assert.deepEqual(
      new Set(findings.map((one) => `${one.finding} ${one.key}`)),
      new Set([`overwritten ${again}`, `hidden ${deleted}`, `foreign ${beside}`]),
    );
    const versions = archive.bucket.objects;
    for (const key of [again, deleted]) versions.set(key, versions.get(key)?.slice(1) ?? []);
    versions.delete(beside);
    assert.equal((await verify()).status, 0);
  });

  test('a copy that is not what Git has: of other words, or of another commit', async () => {
    const versions = archive.bucket.objects;
    const [forged, swapped] = [keyOf(line[3]), keyOf(line[4])];
    const [before, other] = [versions.get(forged)?.[0], versions.get(swapped)?.[0]];
    assert.ok(before?.body != null && other?.body != null);
    const words = before.body.toString().replace('s3://acme/', 's3://evil/');
    versions.set(forged, [{ ...before, body: Buffer.from(words) }]);
    versions.set(swapped, [{ ...other, body: before.body }]);
    // A copy that leaves out what it could have.
    const short = keyOf(line[5]);
    const whole = versions.get(short)?.[0];
    const read = readCopy(LEDGER, whole?.body ?? new Uint8Array());
    assert.ok(whole !== undefined && typeof read !== 'string' && read.events !== null);
    const body = renderCopy(LEDGER, { ...read, events: { oid: read.events.oid, bytes: null } });
    versions.set(short, [{ ...whole, body }]);
    const { status, findings } = await found();
    assert.equal(status, 1);
    assert.deepEqual(
      new Set(findings.map(({ finding, commit }) => `${finding} ${commit}`)),
      new Set([3, 4, 5].flatMap((at) => [`differs ${line[at]}`, `missing ${line[at]}`])),
    );
    versions.set(short, [whole]);
    versions.set(forged, [before]);
    versions.set(swapped, [other]);
  });

  test('what is pushed and copied while it reads is no news', async () => {
    const remote = new SmartHttp({ url: archive.server.url, memory: newMemory() });
    let asked = 0;
    const comparison: Comparison = {
      ...LEDGER,
      copies: s3Copies(archive.bucket.client, archive.bucket.name),
      ref: `refs/heads/${BRANCH}`,
      signed: null,
      retention: null,
      now: new Date(),
      remote: {
        // At first the branch stood further back.
        tips: async (refs) => (asked++ === 0 ? new Map([[refs[0] ?? '', line[40] ?? '']]) : remote.tips(refs)),
        fetch: (...what) => remote.fetch(...what),
        commits: (...what) => remote.commits(...what),
      },
    };
    const tally = { commits: 0, copies: 0, notYet: 0, unlocked: 0, expired: 0 };
    assert.deepEqual(await Array.fromAsync(compare(comparison, tally)), []);
    assert.deepEqual([tally.commits, tally.copies], [41, line.length]);
  });

  test('a ledger that was rewritten: what it had is in the bucket, and told', async () => {
    const tip = await git('rev-parse', BRANCH);
    await git('branch', '--force', BRANCH, line[45] ?? '');
    const own = await archive.record({ 'events.json': eventsJson('rewritten') });
    await archive.run();
    const { status, findings } = await found();
    assert.equal(status, 1);
    assert.deepEqual(
      new Set(findings.map(({ finding, commit, signed }) => `${finding} ${commit} ${signed}`)),
      new Set(line.slice(46).map((oid) => `gone-from-git ${oid} null`)),
    );
    await git('branch', '-D', BRANCH);
    const { findings: all } = await found();
    assert.deepEqual(new Set(all.map(({ finding }) => finding)), new Set(['ledger-missing', 'gone-from-git']));
    assert.equal(all.length, 1 + line.length + 1);
    await git('branch', BRANCH, tip);
    archive.bucket.objects.delete(keyOf(own));
  });

  test('a bucket that keeps nothing is no copy: it says so, and ends with 1', async () => {
    archive.bucket.days = null;
    archive.bucket.versioning = 'Suspended';
    const { status, out, err } = await verify();
    assert.deepEqual([status, err], [1, '']);
    assert.match(
      out,
      /^not-versioned +the bucket keeps no versions[^\n]*\nnot-locked +the bucket locks what is added not at all/u,
    );
    assert.match(out, /copies: 2 findings\.\n$/u);
    const { findings, summary } = await found();
    assert.deepEqual(findings, [{ finding: 'not-versioned' }, { finding: 'not-locked', mode: null }]);
    assert.deepEqual([summary.findings, summary.retention], [2, null]);
  });

  test('a copy that can be deleted, though its bucket keeps copies', async () => {
    const versions = archive.bucket.objects;
    const [open, governed] = [keyOf(line[0]), keyOf(line[1])];
    const [[first], [second]] = [versions.get(open) ?? [], versions.get(governed) ?? []];
    assert.ok(first && second);
    const until = { 'x-amz-object-lock-retain-until-date': first.retainUntil ?? '' };
    const headers = { ...second.headers, 'x-amz-object-lock-mode': 'GOVERNANCE', ...until };
    versions.set(open, [{ ...first, retainUntil: null }]);
    versions.set(governed, [{ ...second, retainUntil: null, headers }]);
    const { status, findings, summary } = await found();
    assert.deepEqual([status, summary.unlocked, summary.expired], [1, 2, 0]);
    assert.deepEqual(findings, [
      { finding: 'unlocked', commit: line[0], key: open, mode: null, until: null },
      { finding: 'unlocked', commit: line[1], key: governed, mode: 'GOVERNANCE', until: first.retainUntil },
    ]);
    const { out } = await verify();
    assert.match(out, /^unlocked +\S+ {2}is not locked[^\n]*\nunlocked +\S+ {2}is locked by GOVERNANCE alone/u);
    versions.set(open, [first]);
    versions.set(governed, [second]);
  });

  test('a retention that is over is counted; it is a finding where the bucket would still keep the copy', async () => {
    const versions = archive.bucket.objects;
    const [old, early] = [keyOf(line[0]), keyOf(line[1])];
    const [[first], [second]] = [versions.get(old) ?? [], versions.get(early) ?? []];
    assert.ok(first && second);
    const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
    const yesterday = ago(1);
    versions.set(old, [{ ...first, modified: ago(2558), retainUntil: yesterday }]);
    const { status, out } = await verify();
    assert.equal(status, 0);
    assert.match(out, /copies \(1 no longer locked\): the same\./u);
    versions.set(early, [{ ...second, modified: ago(30), retainUntil: yesterday }]);
    const { findings, ...shortened } = await found();
    assert.deepEqual([shortened.status, shortened.summary.unlocked, shortened.summary.expired], [1, 1, 1]);
    assert.deepEqual(findings, [
      { finding: 'unlocked', commit: line[1], key: early, mode: 'COMPLIANCE', until: yesterday },
    ]);
    assert.match((await verify()).out, /^unlocked +\S+ {2}was locked until \S+ alone, for less than the bucket/u);
    versions.set(old, [first]);
    versions.set(early, [second]);
  });

  test('what can’t be told ends with 2', async () => {
    for (const [args, reason] of [
      [['--branch', 'other'], 'BranchMissing'],
      [['--bucket', 'none-such'], 'LedgerBucketMissing'],
    ] as const) {
      const { status, err } = await verify(...args);
      assert.equal(status, 2);
      assert.match(err, new RegExp(`^${reason}: `, 'u'));
    }
    archive.bucket.refuse = (asked) => (asked.includes('?versions') ? { status: 403, code: 'AccessDenied' } : null);
    const { status, err } = await verify();
    assert.equal(status, 2);
    assert.match(err, /^LedgerBucketDenied: .*\n {2}They need s3:ListBucketVersions/u);
    const key = keyOf(line[0]);
    const [kept] = archive.bucket.objects.get(key) ?? [];
    assert.ok(kept);
    archive.bucket.objects.set(key, [{ ...kept, retainUntil: null }]);
    // It is read, and then asked for its retention.
    let asked = 0;
    archive.bucket.refuse = (request) => {
      if (request.endsWith(key)) asked += 1;
      return asked > 1 ? { status: 403, code: 'AccessDenied' } : null;
    };
    const blind = await verify();
    archive.bucket.objects.set(key, [kept]);
    assert.equal(blind.status, 2);
    assert.match(blind.err, /^LedgerBucketDenied: .*\n.*s3:GetObjectRetention/u);
    const half = ['ledger', 'verify', '--bucket', 'x', '--repository', archive.server.url];
    assert.equal((await gitferry('/', ...half)).status, 2);
  });

  test('whether it ends in what the key signed', async () => {
    const file = join(tmpdir(), `gitferry-signers-${process.pid}`);
    const key = readSigningKey(pem());
    await writeFile(file, `# ours\ngitferry@example.org namespaces="git" ${key.publicKey} comment\n`);
    try {
      const tree = await git('rev-parse', `${BRANCH}^{tree}`);
      const identity = { name: 'gitferry', email: 'g@example.org', seconds: 1_700_000_500, zone: '+0000' };
      const payload = renderCommit({
        ...{ tree, parents: [await git('rev-parse', BRANCH)], author: identity, committer: identity },
        message: 'Vouch for the ledger as it stands\n',
      });
      const commit = withSignature(payload, await key.sign(payload));
      const args = ['hash-object', '-t', 'commit', '-w', '--stdin'];
      const vouched = (await archive.server.repository.gitBytes(commit, ...args)).toString().trim();
      const tip = await git('rev-parse', BRANCH);
      const before = await found('--signed-by', file);
      assert.deepEqual(before.findings, [{ finding: 'not-signed', commit: line[0], commits: line.length }]);
      await git('branch', '--force', BRANCH, vouched);
      await archive.run();
      assert.deepEqual((await found('--signed-by', file)).findings, []);
      const forged = [await archive.record({ forged: '1' }), await archive.record({ forged: '2' })];
      await archive.run();
      assert.deepEqual((await found('--signed-by', file)).findings, [
        { finding: 'not-signed', commit: forged[0], commits: 2 },
      ]);
      await git('branch', '--force', BRANCH, tip);
      const gone = (await found('--signed-by', file)).findings.filter(({ finding }) => finding === 'gone-from-git');
      assert.deepEqual(
        new Set(gone.map((one) => `${one.commit} ${one.signed}`)),
        new Set([`${vouched} true`, `${forged[0]} false`, `${forged[1]} false`]),
      );
    } finally {
      await rm(file);
    }
  });
});
