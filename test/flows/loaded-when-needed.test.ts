import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateKey } from 'openpgp';
import { parseCommit } from '../../shared/git/commit.ts';
import { readSigningKey } from '../../shared/trust/signing.ts';
import { CONFIG } from '../servers/stack.ts';
import { type Flow, LEDGER, startFlow } from './flow.ts';

const GPG = spawnSync('gpg', ['--version']).error === undefined;

/** Whether git takes a commit's signature for one of this certificate. */
async function gitVerifies(dir: string, commit: string, certificate: string): Promise<boolean> {
  const home = await mkdtemp(join(tmpdir(), 'gitferry-gpg-'));
  await chmod(home, 0o700);
  const env = { ...process.env, GNUPGHOME: home };
  try {
    const stdio = ['pipe', 'ignore', 'ignore'] as const;
    execFileSync('gpg', ['--batch', '--quiet', '--import'], { env, input: certificate, stdio: [...stdio] });
    return spawnSync('git', ['verify-commit', commit], { cwd: dir, env }).status === 0;
  } finally {
    spawnSync('gpgconf', ['--kill', 'all'], { env });
    await rm(home, { recursive: true, force: true });
  }
}

/** Nothing lands unless all of this file is understood, the pattern too. */
const WITH_PATTERN = `${CONFIG}images:
  - image: registry.example.org/shop/api
    policy: { numerical: {} }
    filterTags: { pattern: "^main-(?P<build>[0-9]+)$", extract: "$build" }
`;

describe('what few need, and lies beside the bundle', () => {
  let flow: Flow;
  let key: { readonly privateKey: string; readonly publicKey: string };
  before(async () => {
    const userIDs = [{ name: 'gitferry', email: 'gitferry@example.org' }];
    key = await generateKey({ type: 'ecc', curve: 'ed25519Legacy', userIDs, format: 'armored' });
    flow = await startFlow(WITH_PATTERN, { GITFERRY_SIGNING_KEY: key.privateKey });
  });
  after(() => flow.end());

  it('OpenPGP signs the commits of the branch and of the ledger, under rules with a pattern', async () => {
    const { repository } = flow;
    const landed = await flow.lands({ 'config/app.yaml': 'a: 1\n' }, ['apps/production/app.yaml']);
    const signer = readSigningKey(key.privateKey);
    for (const commit of [landed, await repository.git('rev-parse', LEDGER)]) {
      const bytes = await repository.gitBytes(Buffer.alloc(0), 'cat-file', 'commit', commit);
      const { payload, signature } = parseCommit({ type: 'commit', bytes });
      assert.match(signature ?? '', /^-----BEGIN PGP SIGNATURE-----/u);
      assert.equal(await signer.verifies(payload, signature ?? ''), true);
      if (GPG) assert.equal(await gitVerifies(repository.dir, commit, key.publicKey), true);
    }
  });
});
