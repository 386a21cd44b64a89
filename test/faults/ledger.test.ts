import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { readSigningKey } from '../../shared/trust/signing.ts';
import { type Ferry, LEDGER, startFerry } from '../servers/ferry.ts';

function newSigner() {
  return readSigningKey(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
}

const signer = newSigner();
const ours = { deps: { signer: async () => signer } };

describe('invariant 8, faults 10 and 41a: a ledger that is not ours stalls and tells, and nothing lands', () => {
  let ferry: Ferry;
  let sound: string;
  before(async () => {
    ferry = await startFerry();
    await ferry.put('config/a.yaml', 'a: 1\n');
    await ferry.tell('config/a.yaml');
    await ferry.invoke(ours);
    sound = await ferry.server.repository.git('rev-parse', LEDGER);
    await ferry.put('config/a.yaml', 'a: 2\n');
  });
  after(() => ferry.close());

  /** Invokes twice, and checks that nothing moved and what was told. */
  async function stalls(reason: string, invocation = ours): Promise<void> {
    const { repository } = ferry.server;
    const refs = await repository.git('for-each-ref');
    ferry.notices.length = 0;
    await ferry.tell('config/a.yaml');
    for (let times = 0; times < 2; times += 1)
      assert.equal((await ferry.invoke(invocation))?.batchItemFailures.length, 1, 'the message stays');
    assert.equal(await repository.git('for-each-ref'), refs, 'nothing moved');
    assert.deepEqual(
      [...new Set(ferry.notices.map(({ type, detail }) => `${type} ${detail.reason}`))],
      [`Stalled ${reason}`],
    );
    assert.equal(new Set(ferry.notices.map(({ detail }) => detail.id)).size, 1, 'one id, so that it is told once');
    await ferry.purge();
  }

  const restore = (): Promise<string> => ferry.server.repository.git('update-ref', LEDGER, sound);

  test('deleted', async () => {
    await ferry.server.repository.git('update-ref', '-d', LEDGER);
    await stalls('LedgerMissing');
    await restore();
  });

  test('its tip is not signed', async () => {
    await ferry.server.repository.commit({ 'README.md': 'mine\n' }, LEDGER.slice('refs/heads/'.length));
    await stalls('LedgerForged');
    await restore();
  });

  test('its tip is signed by another key', async () => {
    const other = newSigner();
    await stalls('LedgerForged', { deps: { signer: async () => other } });
  });

  test('another branch was forced over it', async () => {
    await ferry.server.repository.git('update-ref', LEDGER, 'refs/heads/main');
    await stalls('LedgerUnreadable');
    await restore();
  });

  for (const [what, text] of Object.entries({
    'no JSON': '{',
    'of a later schema': '{"schema":2}',
    'with the wrong types': '{"schema":1,"deployment":7}',
  }))
    test(`its ledger.json is ${what}`, async () => {
      await ferry.server.repository.commit({ 'ledger.json': text }, LEDGER.slice('refs/heads/'.length));
      await stalls('LedgerUnreadable', { deps: { signer: async () => null as never } });
      await restore();
    });

  test('fault 41: the signing key is gone: never unsigned', async () => {
    const broken = async (): Promise<never> => readSigningKey('no key') as never;
    await stalls('SigningKeyUnusable', { deps: { signer: broken } });
  });

  test('restored, all goes on; and each of its commits is signed by our key, as the releases are', async () => {
    await ferry.tell('config/a.yaml');
    await ferry.invoke(ours);
    assert.equal((await ferry.releases()).length, 2);
    const { repository } = ferry.server;
    for (const ref of [LEDGER, 'main']) {
      const commits = (await repository.git('rev-list', '--author=gitferry', ref)).split('\n');
      for (const oid of commits) assert.match(await repository.git('cat-file', '-p', oid), /^gpgsig -----BEGIN SSH/mu);
      assert.ok(commits.length >= 2);
    }
  });

  test('each release names the ledger before it, and the ledger each tip of the branch', async () => {
    const { repository } = ferry.server;
    const ledger = (await repository.git('rev-list', '--reverse', LEDGER)).split('\n');
    const named = await repository.git(
      'log',
      '--reverse',
      '--format=%(trailers:key=Gitferry-Ledger,valueonly,separator=)',
      '--grep=^Gitferry-Ledger',
      'main',
    );
    assert.deepEqual(named.split('\n'), ledger.slice(0, 2));
  });
});

test('fault 41b: two deployments on one repository have a ledger each, and do not interfere', async () => {
  const ferry = await startFerry();
  try {
    await ferry.put('config/a.yaml', 'a: 1\n');
    for (const deployment of ['test', 'other']) {
      await ferry.tell('config/a.yaml');
      await ferry.invoke({ deps: { deployment } });
    }
    assert.equal((await ferry.releases()).length, 1, 'the other one adopts what stands');
    await ferry.server.repository.git('rev-parse', 'refs/heads/gitferry-ledger/other/main');
    assert.deepEqual(
      (await ferry.events()).map(({ type }) => type),
      ['landed'],
    );
  } finally {
    await ferry.close();
  }
});
