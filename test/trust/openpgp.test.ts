import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { generateKey } from 'openpgp';
import { renderCommit, withSignature } from '../../shared/git/commit.ts';
import { readSigningKey } from '../../shared/trust/signing.ts';
import { makeRepository } from '../servers/git-repository.ts';

const skip =
  spawnSync('gpg', ['--version']).error === undefined
    ? false
    : 'gpg is not installed, and git verifies OpenPGP signatures by it';
const identity = { name: 'Ada', email: 'ada@example.org', seconds: 1_700_000_000, zone: '+0000' };
const DAYS = 24 * 60 * 60 * 1000;

type Key = Readonly<Record<'privateKey' | 'publicKey', string>>;

const generate = (options: Partial<Parameters<typeof generateKey>[0]> = {}): Promise<Key> =>
  generateKey({
    ...{ type: 'ecc', curve: 'ed25519Legacy', userIDs: [{ name: 'Ada', email: 'ada@example.org' }], format: 'armored' },
    ...options,
  } as Parameters<typeof generateKey>[0]) as unknown as Promise<Key>;

let key: Key;
let other: Key;
before(async () => {
  [key, other] = await Promise.all([generate(), generate()]);
});

test('git verifies what an OpenPGP key signs, by the right key only', { skip }, async (t) => {
  const repository = await makeRepository({ 'a.txt': 'a\n' });
  t.after(() => repository.remove());
  const tree = await repository.git('rev-parse', 'main:');
  const payload = renderCommit({ tree, parents: [], author: identity, committer: identity, message: 'Signed\n' });
  const bytes = withSignature(payload, await readSigningKey(key.privateKey).sign(payload));
  const commit = (await repository.gitBytes(bytes, 'hash-object', '-t', 'commit', '-w', '--stdin')).toString().trim();
  await repository.git('fsck', '--strict', '--full');
  for (const [certificate, status] of [
    [key.publicKey, 0],
    [other.publicKey, 1],
  ] as const) {
    const home = await mkdtemp(join(tmpdir(), 'gitferry-gpg-'));
    await chmod(home, 0o700);
    const env = { ...process.env, GNUPGHOME: home };
    try {
      execFileSync('gpg', ['--batch', '--quiet', '--import'], {
        env,
        input: certificate,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      assert.equal(spawnSync('git', ['verify-commit', commit], { cwd: repository.dir, env }).status, status);
    } finally {
      spawnSync('gpgconf', ['--kill', 'all'], { env });
      await rm(home, { recursive: true, force: true });
    }
  }
});

test('knows its own signatures from others', async () => {
  const [mine, theirs] = [readSigningKey(key.privateKey), readSigningKey(other.privateKey)];
  const payload = Buffer.from('payload');
  const armoured = await mine.sign(payload);
  assert.equal(await mine.verifies(payload, armoured), true);
  assert.equal(await theirs.verifies(payload, armoured), false);
  assert.equal(await mine.verifies(Buffer.from('other payload'), armoured), false);
  assert.equal(await mine.verifies(payload, 'no signature'), false);
});

test('refuses a key that is locked, expired or damaged, and never signs by it', async () => {
  const locked = await generate({ passphrase: 'secret' });
  const expired = await generate({ date: new Date(Date.now() - 3 * DAYS), keyExpirationTime: 60 });
  const damaged = `${key.privateKey.slice(0, 200)}\n-----END PGP PRIVATE KEY BLOCK-----\n`;
  for (const [armoured, words] of [
    [locked.privateKey, /passphrase/u],
    [expired.privateKey, /expired/u],
    [damaged, /no OpenPGP key/u],
  ] as const) {
    const signing = readSigningKey(armoured).sign(Buffer.from('payload'));
    await assert.rejects(signing, { name: 'Stalled', reason: 'SigningKeyUnusable', message: words });
  }
});
