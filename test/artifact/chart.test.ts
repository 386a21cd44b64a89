import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseChartFileName, readChart } from '../../shared/artifact/chart.ts';
import { LIMITS, rejection } from './rejection.ts';
import { type TarEntry, tgz } from './tar-writer.ts';

function metadata(name: string, version: string, more = ''): TarEntry {
  return {
    name: `${name.slice(0, 80)}/Chart.yaml`,
    body: `apiVersion: v2\nname: ${name}\nversion: ${version}\n${more}`,
  };
}

describe('parseChartFileName', () => {
  const names: readonly (readonly [fileName: string, name: string, version: string])[] = [
    ['podinfo-6.14.1.tgz', 'podinfo', '6.14.1'],
    ['kube-state-metrics-8.4.0.tgz', 'kube-state-metrics', '8.4.0'],
    ['a-1.0.0-rc.1.tgz', 'a', '1.0.0-rc.1'],
    ['a-1.0.0-1.0.0.tgz', 'a', '1.0.0-1.0.0'],
    ['a-1-2.0.0.tgz', 'a-1', '2.0.0'],
    ['a-1.0.0+build.5.tgz', 'a', '1.0.0+build.5'],
  ];
  for (const [fileName, name, version] of names) {
    it(`reads ${fileName}`, () => assert.deepEqual(parseChartFileName(fileName), { name, version }));
  }

  const none: readonly string[] = [
    ...['podinfo.tgz', 'podinfo-6.14.tgz', 'podinfo-v6.14.1.tgz', 'podinfo-06.1.1.tgz', '-1.0.0.tgz', '1.0.0.tgz'],
    ...[
      'podinfo-6.14.1.tar.gz',
      'podinfo-6.14.1.zip',
      'podinfo-6.14.1',
      '..-1.0.0.tgz',
      '.-1.0.0.tgz',
      'a/b-1.0.0.tgz',
    ],
    ...[
      'Podinfo-1.0.0.tgz',
      'a-1.0.0\n.tgz',
      'a\n-1.0.0.tgz',
      'a- 1.0.0.tgz',
      'a-=1.0.0.tgz',
      `${'a'.repeat(251)}-1.0.0.tgz`,
    ],
    ...[`a-1.0.0-${'x'.repeat(200)}.tgz`, `${'-'.repeat(100_000)}.tgz`, 'a.-1.0.0.tgz'],
  ];
  for (const fileName of none) {
    it(`finds no chart in ${JSON.stringify(fileName.slice(0, 40))}`, () =>
      assert.equal(parseChartFileName(fileName), null));
  }
});

describe('readChart', () => {
  it('gives the files relative to the chart', async () => {
    const archive = tgz(
      metadata('podinfo', '6.14.1'),
      { name: 'podinfo/templates/a.yaml', body: 'x' },
      { name: 'podinfo/charts/redis/Chart.yaml', body: 'apiVersion: v2\nname: redis\nversion: 1.0.0\n' },
    );
    const chart = await readChart('podinfo-6.14.1.tgz', archive, LIMITS);
    assert.equal(`${chart.name} ${chart.version}`, 'podinfo 6.14.1');
    assert.deepEqual(
      chart.files.map(({ path }) => path),
      ['Chart.yaml', 'templates/a.yaml', 'charts/redis/Chart.yaml'],
    );
  });

  it('keeps the build metadata of a version as it is', async () => {
    const chart = await readChart('a-1.0.0+5.tgz', tgz(metadata('a', '1.0.0+5')), LIMITS);
    assert.equal(chart.version, '1.0.0+5');
  });

  it('fault 26: reads nothing that the chart refers to', async () => {
    const dependency = 'dependencies: [{ name: x, version: 1.0.0, repository: "file:///etc" }]\n';
    const schema = {
      name: 'a/values.schema.json',
      body: '{"$ref": "file:///dev/zero", "x": {"$ref": "http://127.0.0.1:9/"}}',
    };
    const chart = await readChart('a-1.0.0.tgz', tgz(metadata('a', '1.0.0', dependency), schema), LIMITS);
    assert.equal(chart.files.length, 2);
    assert.equal(Buffer.from(chart.files[1]?.bytes ?? []).toString(), schema.body);
  });

  const good = metadata('a', '1.0.0');
  function chartYaml(body: string): Buffer {
    return tgz({ name: 'a/Chart.yaml', body });
  }
  const broken: Readonly<Record<string, readonly [reason: string, archive: Buffer]>> = {
    'has no Chart.yaml': ['ChartInvalid', tgz({ name: 'a/values.yaml' })],
    'has its Chart.yaml deeper': ['ChartInvalid', tgz({ name: 'a/b/Chart.yaml', body: good.body ?? '' })],
    'has no folder': ['ChartInvalid', tgz({ ...good, name: 'Chart.yaml' })],
    'has a folder of another name': ['ChartInvalid', tgz({ ...good, name: 'b/Chart.yaml' })],
    'has a second folder': ['ChartInvalid', tgz(good, { name: 'b/Chart.yaml', body: good.body ?? '' })],
    'has a file beside its folder': ['ChartInvalid', tgz(good, { name: 'b.yaml' })],
    'has two Chart.yaml': ['PathCollides', tgz(good, good)],
    'has a packed subchart': ['ChartInvalid', tgz(good, { name: 'a/charts/b-1.0.0.tgz', body: 'x' })],
    'has a symlink for its Chart.lock': ['EntryRefused', tgz(good, { name: 'a/Chart.lock', type: '2' })],
    'says another name': ['ChartNameMismatch', tgz({ ...metadata('b', '1.0.0'), name: 'a/Chart.yaml' })],
    'says another version': ['ChartNameMismatch', tgz(metadata('a', '1.0.1'))],
    'says a version that is no text': ['ChartNameMismatch', tgz(metadata('a', '{toString: x}'))],
    'says a version with a control character': ['ChartNameMismatch', tgz(metadata('a', '"1.0.0\\x07"'))],
    'says a name that leads elsewhere': [
      'ChartNameMismatch',
      chartYaml('apiVersion: v2\nname: ../a\nversion: 1.0.0\n'),
    ],
    'has no apiVersion': ['ChartInvalid', chartYaml('name: a\nversion: 1.0.0\n')],
    'has an apiVersion of the future': ['ChartInvalid', chartYaml('apiVersion: v3\nname: a\nversion: 1.0.0\n')],
    'has a key twice': ['ChartInvalid', tgz(metadata('a', '1.0.0', 'name: b\n'))],
    'has two documents': ['ChartInvalid', tgz(metadata('a', '1.0.0', '---\nname: b\n'))],
    'has a list for its Chart.yaml': ['ChartInvalid', chartYaml('- a\n')],
    'has an empty Chart.yaml': ['ChartInvalid', chartYaml('')],
    'has a Chart.yaml that is not UTF-8': [
      'ChartInvalid',
      tgz({ name: 'a/Chart.yaml', body: Buffer.from([0xff, 0xfe, 0]) }),
    ],
    'has a Chart.yaml of brackets': ['ChartInvalid', chartYaml('['.repeat(20_000))],
    'has a huge Chart.yaml': ['ChartInvalid', tgz(metadata('a', '1.0.0', `# ${[...Array(200_000).keys()].join(' ')}`))],
  };
  for (const [what, [reason, archive]] of Object.entries(broken)) {
    it(`rejects a chart that ${what}`, async () => {
      await assert.rejects(readChart('a-1.0.0.tgz', archive, LIMITS), rejection(reason));
    });
  }

  it('rejects a name that is not that of a chart', async () => {
    await assert.rejects(readChart('a-1.0.tgz', tgz(good), LIMITS), rejection('ChartNameInvalid'));
  });
});
