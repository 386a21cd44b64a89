import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Metafile } from 'esbuild';
import { bundle } from '../../infra/bundle/build.ts';

const ROOT = join(import.meta.dirname, '../..');
const FUNCTIONS = (await readdir(join(ROOT, 'functions'))).sort();

/** Bytes of what Lambda loads at each cold start. */
const MOST: Readonly<Record<string, number>> = {
  mirror: 1_000_000,
  receive: 600_000,
  nudge: 2_200_000,
  verify: 2_200_000,
};

let folder: string;
const made = new Map<string, Metafile>();
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-sizes-'));
  const entry = (name: string): string => join(ROOT, `functions/${name}/handler.ts`);
  await Promise.all(
    FUNCTIONS.map(async (name) => made.set(name, await bundle(entry(name), join(folder, name, 'handler.js')))),
  );
});
after(() => rm(folder, { recursive: true }));

const sizeOf = async (name: string, file: string): Promise<number> => (await stat(join(folder, name, file))).size;

/** The packages of which something stands in the handler's file. */
function packagesIn(name: string): ReadonlySet<string> {
  const inputs = Object.values(made.get(name)?.outputs ?? {}).flatMap((output) =>
    output.entryPoint === undefined ? [] : Object.keys(output.inputs),
  );
  const own = inputs.filter((path) => !path.startsWith('beside:'));
  return new Set(own.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(path)?.[1] ?? ''));
}

async function besideOf(name: string): Promise<readonly string[]> {
  return (await readdir(join(folder, name))).filter((file) => file.endsWith('.cjs')).sort();
}

const having = (wanted: string): readonly string[] => FUNCTIONS.filter((name) => packagesIn(name).has(wanted));

describe('what a cold start loads', () => {
  for (const [name, most] of Object.entries(MOST))
    it(`is at most ${most} bytes of ${name}`, async () => {
      assert.ok((await sizeOf(name, 'handler.js')) <= most, `${await sizeOf(name, 'handler.js')}`);
    });

  it('is at most 1,400,000 bytes of mirror where OpenPGP signs', async () => {
    const both = (await sizeOf('mirror', 'handler.js')) + (await sizeOf('mirror', 'handler.openpgp.cjs'));
    assert.ok(both <= 1_400_000, `${both}`);
  });

  it('is without what few need, which lies beside the handler that may need it', async () => {
    for (const name of ['openpgp', 're2js', 'request-filtering-agent', 'yauzl', 'tar-stream'])
      assert.deepEqual(having(name), [], name);
    assert.deepEqual(await besideOf('mirror'), [
      'handler.openpgp.cjs',
      'handler.pako.cjs',
      'handler.re2js.cjs',
      'handler.request-filtering-agent.cjs',
      'handler.tar-stream.cjs',
      'handler.yauzl.cjs',
    ]);
    assert.deepEqual(await besideOf('receive'), []);
  });

  it('has Kubernetes’ client only where clusters are asked', () => {
    assert.deepEqual(having('@kubernetes/client-node'), ['nudge', 'sweep', 'verify']);
  });

  it('knows no other way to credentials than Lambda’s', () => {
    for (const name of FUNCTIONS) {
      const ways = [...packagesIn(name)].filter((one) => /credential-provider|nested-clients/u.test(one));
      assert.deepEqual(ways, ['@aws-sdk/credential-provider-env'], name);
    }
  });
});
