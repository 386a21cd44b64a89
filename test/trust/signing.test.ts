import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderCommit, withSignature } from '../../shared/git/commit.ts';
import { readSigningKey, verifies } from '../../shared/trust/signing.ts';
import { makeRepository } from '../servers/git-repository.ts';

const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const skip = hasSshKeygen ? false : 'ssh-keygen is not installed, and git verifies SSH signatures by it';
const identity = { name: 'Ada', email: 'ada@example.org', seconds: 1_700_000_000, zone: '+0000' };

const PKCS8 = { format: 'pem', type: 'pkcs8' } as const;
const GENERATED: Readonly<Record<string, () => string>> = {
  Ed25519: () => generateKeyPairSync('ed25519').privateKey.export(PKCS8).toString(),
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(PKCS8).toString(),
  'ECDSA P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(PKCS8).toString(),
  'ECDSA P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey.export(PKCS8).toString(),
};

/** The exit code of `git verify-commit` for a commit signed by the one key, when the other is allowed. */
async function verifyCommit(pem: string, allowed: string | null): Promise<number | null> {
  const repository = await makeRepository({ 'a.txt': 'a\n' });
  try {
    const tree = await repository.git('rev-parse', 'main:');
    const payload = renderCommit({ tree, parents: [], author: identity, committer: identity, message: 'Signed\n' });
    const bytes = withSignature(payload, await readSigningKey(pem).sign(payload));
    const written = await repository.gitBytes(bytes, 'hash-object', '-t', 'commit', '-w', '--stdin');
    await repository.git('fsck', '--strict', '--full');
    const signers = join(repository.root, 'signers');
    await writeFile(signers, `ada@example.org ${allowed}\n`);
    const config = ['-c', `gpg.ssh.allowedSignersFile=${signers}`, '-c', 'gpg.format=ssh'];
    const args = [...config, 'verify-commit', written.toString().trim()];
    return spawnSync('git', args, { cwd: repository.dir }).status;
  } finally {
    await repository.remove();
  }
}

for (const [kind, generate] of Object.entries(GENERATED)) {
  test(`git verifies what a PKCS#8 key signs: ${kind}`, { skip }, async () => {
    const [pem, other] = [generate(), generate()];
    assert.equal(await verifyCommit(pem, readSigningKey(pem).publicKey), 0);
    assert.notEqual(await verifyCommit(pem, readSigningKey(other).publicKey), 0);
  });

  test(`verifies by the right key only: ${kind}`, async () => {
    const [signer, other] = [readSigningKey(generate()), readSigningKey(generate())];
    const payload = Buffer.from('tree of trust');
    const armoured = await signer.sign(payload);
    assert.equal(verifies(payload, armoured, [String(other.publicKey), String(signer.publicKey)]), true);
    assert.equal(verifies(payload, armoured, [String(other.publicKey)]), false);
    assert.deepEqual(
      [await signer.verifies(payload, armoured), await other.verifies(payload, armoured)],
      [true, false],
    );
    assert.equal(verifies(Buffer.from('tree of mistrust'), armoured, [String(signer.publicKey)]), false);
  });
}

for (const [type, bits] of [
  ['ed25519', '256'],
  ['rsa', '2048'],
  ['ecdsa', '256'],
  ['ecdsa', '384'],
  ['ecdsa', '521'],
] as const) {
  test(`reads OpenSSH's own format: ${type} ${bits}`, { skip }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'gitferry-key-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', type, '-b', bits, '-N', '', '-C', 'a comment', '-f', path]);
    const pem = await readFile(path, 'utf8');
    const publicKey = (await readFile(`${path}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
    assert.equal(readSigningKey(pem).publicKey, publicKey);
    assert.equal(await verifyCommit(pem, publicKey), 0);
  });
}

test('refuses keys with a passphrase, in both forms, and says so', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-key-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', path]);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pkcs8 = privateKey.export({ ...PKCS8, cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();
  for (const pem of [await readFile(path, 'utf8'), pkcs8]) {
    assert.throws(() => readSigningKey(pem), { name: 'Stalled', reason: 'SigningKeyUnusable', message: /passphrase/u });
  }
});

test('refuses keys that SSH can not sign with, and what is no key', () => {
  const x25519 = generateKeyPairSync('x25519').privateKey.export(PKCS8).toString();
  const shortened = GENERATED.Ed25519?.().replace(/.{20}\n-----END/u, '\n-----END') ?? '';
  for (const pem of ['', 'hello', x25519, shortened, '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n']) {
    assert.throws(() => readSigningKey(pem), { name: 'Stalled', reason: 'SigningKeyUnusable' });
  }
});

test('takes no damaged signature for a good one, and never throws', async () => {
  const signer = readSigningKey(GENERATED.Ed25519?.() ?? '');
  const payload = Buffer.from('payload');
  const [begin = '', ...rest] = (await signer.sign(payload)).split('\n');
  const packed = Buffer.from(rest.slice(0, -1).join(''), 'base64');
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
      const damaged = Buffer.from(packed);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      const bytes = cut ? packed.subarray(0, at) : damaged;
      const armoured = [begin, bytes.toString('base64'), rest.at(-1)].join('\n');
      assert.equal(verifies(payload, armoured, [String(signer.publicKey)]), false);
    }),
  );
});
