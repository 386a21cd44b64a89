import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tgz } from '../artifact/tar-writer.ts';
import { type Flow, LEDGER, startFlow } from './flow.ts';

function chart(name: string, version: string, more: Readonly<Record<string, string>> = {}): Buffer {
  const all = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`, ...more };
  return tgz(...Object.entries(all).map(([path, body]) => ({ name: `${name}/${path}`, body })));
}

/** Uploads that must change nothing in Git, and the reason for each. */
const REJECTED: readonly [why: string, key: string, bytes: Buffer | string, reason: string][] = [
  ['fault 20: a path that leads out', 'config/set.tgz', tgz({ name: '../x.yaml', body: 'a: 1\n' }), 'PathUnsafe'],
  ['fault 21: a symlink', 'config/set.tgz', tgz({ name: 'x', type: '2' }), 'EntryRefused'],
  ['fault 23: a truncated archive', 'config/set.tgz', chart('x', '1.0.0').subarray(0, 60), 'ArchiveCorrupt'],
  ['fault 25: a chart whose name is not its file’s', 'charts/one-1.0.0.tgz', chart('two', '1.0.0'), 'ChartInvalid'],
  ['fault 25: no chart at all', 'charts/readme.txt', 'read me', 'NotAChart'],
  ['fault 29: a duplicate key', 'config/twice.yaml', 'a: 1\na: 2\n', 'YamlInvalid'],
  ['fault 35: CI', 'config/.github/workflows/x.yml', 'a: 1\n', 'PathProtected'],
  ['fault 35: CODEOWNERS, in any case', 'config/CodeOwners', '* @x\n', 'PathProtected'],
  ['fault 35: .gitmodules', 'config/.gitmodules', '[submodule]\n', 'PathProtected'],
  ['fault 35: .sops.yaml', 'config/deep/.sops.yaml', 'a: 1\n', 'PathProtected'],
  [
    'fault 35: the agent’s own folder, in a bundle',
    'config/set.tgz',
    tgz({ name: 'flux-system/x.yaml', body: 'a: 1\n' }),
    'PathProtected',
  ],
  [
    'fault 35: a kind that steers the agent',
    'config/k.yaml',
    'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: x }\n',
    'KindNotAllowed',
  ],
  [
    'fault 35: the same inside a chart',
    'charts/k-1.0.0.tgz',
    chart('k', '1.0.0', {
      'templates/a.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: x\n',
    }),
    'KindNotAllowed',
  ],
  [
    'fault 35: rights, from files',
    'config/r.yaml',
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: x }\n',
    'KindNotAllowed',
  ],
];

describe('an upload is rejected', () => {
  let flow: Flow;
  before(async () => {
    flow = await startFlow();
  });
  after(() => flow.end());

  for (const [why, key, bytes, reason] of REJECTED)
    it(`${why}: nothing lands, and it is told in the ledger, beside the upload and on the bus`, async () => {
      flow.told();
      await flow.doesNothing({ [key]: bytes });
      const told = flow.told();
      assert.equal(told.length, 1, told.join());
      const [recorded] = await flow.recorded();
      const note = JSON.parse((await flow.object(`gitferry-rejected/${key}.test.json`)) ?? 'null');
      assert.deepEqual([told[0], recorded?.reason, note?.reason], [`Rejected ${reason}`, reason, reason]);
      assert.equal(note.key, key);
      assert.ok(note.message.length > 0 && note.hint.length > 0, 'it says what to do');
    });

  it('it is told once, leaves the others of its batch alone, and its note goes away when it is mended', async () => {
    await flow.drop({ 'config/mended.yaml': 'a: [\n', 'config/beside.yaml': 'a: 1\n' });
    await flow.drop({ 'config/mended.yaml': 'a: [\n' });
    const told = flow.told().sort();
    assert.deepEqual(told, ['Landed Release apps/production/beside.yaml', 'Rejected YamlInvalid']);
    assert.notEqual(await flow.object('gitferry-rejected/config/mended.yaml.test.json'), null);
    await flow.lands({ 'config/mended.yaml': 'a: []\n' }, ['apps/production/mended.yaml']);
    assert.equal(await flow.object('gitferry-rejected/config/mended.yaml.test.json'), null);
  });

  it('a rejected version leaves the next best standing, and lands when it is mended', async () => {
    await flow.drop({ 'charts/web-1.0.0.tgz': chart('web', '1.0.0') });
    await flow.doesNothing({ 'charts/web-2.0.0.tgz': Buffer.from('no archive') });
    await flow.lands({ 'charts/web-2.0.0.tgz': chart('web', '2.0.0') }, ['charts/web/Chart.yaml']);
  });

  it('fault 27: a chart version that comes again with other bytes is rejected', async () => {
    await flow.drop({ 'charts/again-1.0.0.tgz': chart('again', '1.0.0') });
    flow.told();
    await flow.doesNothing({ 'charts/again-1.0.0.tgz': chart('again', '1.0.0', { 'values.yaml': 'a: 1\n' }) });
    assert.deepEqual(flow.told(), ['Rejected VersionRepublished']);
  });

  it('the ledger reads as a story, and its own notes are never mirrored', async () => {
    const story = (await flow.repository.git('log', '--reverse', '--format=%s', LEDGER)).split('\n');
    assert.equal(story[0], 'Begin the ledger');
    assert.ok(
      story.every((line) => /^(?:Begin the ledger|Record (?:landed|rejected|\d+ outcomes) .+)$/u.test(line)),
      story.join('\n'),
    );
    assert.ok(![...(await flow.repository.list()).keys()].some((path) => path.includes('gitferry-rejected')));
  });
});
