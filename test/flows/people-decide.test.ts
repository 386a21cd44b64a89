import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tgz } from '../artifact/tar-writer.ts';
import { type Flow, startFlow } from './flow.ts';

const rules = (...more: readonly string[]): string => `apiVersion: gitferry.dev/v1
mirrors:
  - { name: charts, bucket: releases, prefix: charts/, chart: "charts/{name}"${more[0] ?? ''} }
  - { name: config, bucket: releases, prefix: config/, files: apps/production }
  - { name: ours, bucket: releases, prefix: ours/, files: ours, onEdit: overwrite }
  - { name: swept, bucket: releases, prefix: swept/, files: swept, onDelete: remove }
`;

function chart(name: string, version: string, more = ''): Buffer {
  return tgz({ name: `${name}/Chart.yaml`, body: `apiVersion: v2\nname: ${name}\nversion: ${version}\n${more}` });
}

describe('people decide', () => {
  let flow: Flow;
  before(async () => {
    flow = await startFlow(rules());
  });
  after(() => flow.end());

  it("a person's revert stays: neither the same bytes nor a sweep brings it back, something newer lands", async () => {
    await flow.drop({ 'config/reverted.yaml': 'a: 1\n' });
    await flow.drop({ 'config/reverted.yaml': 'a: 2\n' });
    await flow.person({ 'apps/production/reverted.yaml': 'a: 1\n' }, 'main', 'Revert');
    flow.told();
    await flow.doesNothing({ 'config/reverted.yaml': 'a: 2\n' });
    assert.deepEqual(flow.told(), ['TakenBack config#reverted.yaml']);
    await flow.stack.runSchedules();
    await flow.doesNothing({ 'config/reverted.yaml': 'a: 2\n' });
    assert.deepEqual(flow.told(), []);
    await flow.lands({ 'config/reverted.yaml': 'a: 3\n' }, ['apps/production/reverted.yaml']);
  });

  it('a revert to before gitferry stays too', async () => {
    await flow.drop({ 'charts/back-1.0.0.tgz': chart('back', '1.0.0') });
    await flow.person({ 'charts/back/Chart.yaml': null });
    await flow.doesNothing({ 'charts/back-1.0.0.tgz': chart('back', '1.0.0') });
    await flow.lands({ 'charts/back-1.0.1.tgz': chart('back', '1.0.1') }, ['charts/back/Chart.yaml']);
  });

  it("a person's edit waits and is told once; set back, it lands", async () => {
    await flow.drop({ 'config/edited.yaml': 'a: 1\n' });
    await flow.person({ 'apps/production/edited.yaml': 'a: 1 # mine\n' });
    flow.told();
    await flow.doesNothing({ 'config/edited.yaml': 'a: 2\n' });
    assert.deepEqual(flow.told(), ['Waiting PlaceEdited']);
    await flow.doesNothing({ 'config/edited.yaml': 'a: 2\n' });
    assert.deepEqual(flow.told(), []);
    await flow.person({ 'apps/production/edited.yaml': 'a: 1\n' });
    await flow.lands({ 'config/edited.yaml': 'a: 2\n' }, ['apps/production/edited.yaml']);
  });

  it('onEdit: overwrite overwrites it', async () => {
    await flow.drop({ 'ours/a.yaml': 'a: 1\n' });
    await flow.person({ 'ours/a.yaml': 'a: mine\n' });
    await flow.lands({ 'ours/a.yaml': 'a: 2\n' }, ['ours/a.yaml']);
  });

  it('what stands already is adopted without a commit, and is the record from then on', async () => {
    await flow.person({ 'apps/production/adopted.yaml': 'a: 1\n' });
    await flow.doesNothing({ 'config/adopted.yaml': 'a: 1\n' });
    assert.equal((await flow.recorded())[0]?.type, 'adopted');
    await flow.lands({ 'config/adopted.yaml': 'a: 2\n' }, ['apps/production/adopted.yaml']);
  });

  it("a person's own file where nothing of ours stood waits", async () => {
    flow.told();
    await flow.doesNothing({ 'config/kept.yaml': 'a: 2\n' });
    assert.deepEqual(flow.told(), ['Waiting PlaceOccupied']);
  });

  it('fault 36: a symlink or a submodule on the way is never written through', async () => {
    await flow.doesNothing({ 'config/link/x.yaml': 'a: 1\n', 'config/module/x.yaml': 'a: 1\n' });
    assert.deepEqual(flow.told(), ['Rejected PathBlocked', 'Rejected PathBlocked']);
  });

  it('fault 41c: removals of more than half of a mirror, and at least ten, are rejected and told', async () => {
    const keys = Array.from({ length: 14 }, (_, index) => `swept/${index}.yaml`);
    assert.equal((await flow.drop(Object.fromEntries(keys.map((key) => [key, `${key}: 1\n`])))).length, 14);
    assert.equal((await flow.drop({ 'swept/0.yaml': null })).length, 1, 'one goes');
    flow.told();
    const gone = await flow.drop(Object.fromEntries(keys.slice(1).map((key) => [key, null])));
    const left = [...(await flow.repository.list()).keys()].filter((path) => path.startsWith('swept/'));
    assert.ok(left.length >= 5, `${gone.length} were removed, ${left.length} are left`);
    assert.ok(flow.told().includes('Rejected TooManyRemovals'));
  });

  it('a changed rule moves all that it reaches, each in one commit', async () => {
    await flow.drop({ 'charts/m1-1.0.0.tgz': chart('m1', '1.0.0'), 'charts/m2-1.0.0.tgz': chart('m2', '1.0.0') });
    const text = rules().replace('"charts/{name}"', '"fleet/{name}"');
    await flow.person({ 'gitferry.yaml': text });
    const commits = await flow.drop({ 'config/any.yaml': 'a: 1\n' });
    const tree = [...(await flow.repository.list()).keys()];
    assert.deepEqual(
      tree.filter((path) => /^(?:charts|fleet)\//u.test(path)),
      ['charts/by-hand/Chart.yaml', 'fleet/back/Chart.yaml', 'fleet/m1/Chart.yaml', 'fleet/m2/Chart.yaml'],
    );
    const moves = (await flow.repository.git('log', '--format=%s', '--no-renames', `${commits[0]}^..main`)).split('\n');
    assert.deepEqual(moves.filter((subject) => subject.startsWith('Move')).sort(), [
      'Move back 1.0.1 to fleet/back',
      'Move m1 1.0.0 to fleet/m1',
      'Move m2 1.0.0 to fleet/m2',
    ]);
    await flow.person({ 'gitferry.yaml': rules() });
    await flow.drop({ 'config/any.yaml': 'a: 2\n' });
  });

  it('a narrower range takes the next best, even a lower one', async () => {
    await flow.drop({
      'charts/ranged-1.0.0.tgz': chart('ranged', '1.0.0'),
      'charts/ranged-2.0.0.tgz': chart('ranged', '2.0.0'),
    });
    await flow.person({ 'gitferry.yaml': rules(', versions: "<2.0.0"') });
    await flow.drop({ 'config/any.yaml': 'a: 3\n' });
    assert.match(await flow.read('charts/ranged/Chart.yaml'), /version: 1\.0\.0/u);
    await flow.person({ 'gitferry.yaml': rules() });
    await flow.drop({ 'config/any.yaml': 'a: 4\n' });
    assert.match(await flow.read('charts/ranged/Chart.yaml'), /version: 2\.0\.0/u);
  });

  it('a broken gitferry.yaml lands nothing and is told once; mended, all that came meanwhile lands', async () => {
    await flow.person({ 'gitferry.yaml': 'apiVersion: gitferry.dev/v1\nmirors: []\n' });
    flow.told();
    await flow.doesNothing({ 'config/meanwhile-1.yaml': 'a: 1\n' });
    await flow.doesNothing({ 'config/meanwhile-2.yaml': 'a: 1\n' });
    assert.deepEqual(flow.told(), ['Stalled ConfigInvalid']);
    await flow.person({ 'gitferry.yaml': rules() });
    await flow.drop({ 'config/meanwhile-3.yaml': 'a: 1\n' });
    for (const name of [1, 2, 3]) assert.equal(await flow.read(`apps/production/meanwhile-${name}.yaml`), 'a: 1');
  });
});
