import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readTrailer } from '../../shared/git/trailers.ts';
import { tar, tgz } from '../artifact/tar-writer.ts';
import { zip } from '../artifact/zip-writer.ts';
import { type Flow, LEDGER, startFlow } from './flow.ts';

const CONFIG = `apiVersion: gitferry.dev/v1
mirrors:
  - { bucket: releases, prefix: charts/, chart: "charts/{name}", onDelete: remove }
  - { bucket: releases, prefix: packed/, chart: "packed/{name}.tgz", unpack: false }
  - { bucket: releases, prefix: newest/, chart: "newest/{name}", select: newest-upload }
  - { bucket: releases, prefix: config/, files: apps/production }
`;

/** A chart with these files beside its Chart.yaml. */
function chart(name: string, version: string, files: Readonly<Record<string, string>> = {}): Buffer {
  const all = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`, ...files };
  return tgz(...Object.entries(all).map(([path, body]) => ({ name: `${name}/${path}`, body })));
}

describe('an upload becomes a commit', () => {
  let flow: Flow;
  before(async () => {
    flow = await startFlow(CONFIG);
  });
  after(() => flow.end());

  it('a chart lands unpacked; the next version replaces the whole folder; a lower one and the same bytes do nothing', async () => {
    const first = chart('web', '1.0.0', { 'values.yaml': 'a: 1\n', 'templates/old.yaml': 'b: 1\n' });
    await flow.lands(
      { 'charts/web-1.0.0.tgz': first },
      ['Chart.yaml', 'templates/old.yaml', 'values.yaml'].map((path) => `charts/web/${path}`),
    );
    const second = chart('web', '1.1.0', { 'values.yaml': 'a: 1\n', 'templates/new.yaml': 'b: 1\n' });
    const commit = await flow.lands(
      { 'charts/web-1.1.0.tgz': second },
      ['Chart.yaml', 'templates/new.yaml', 'templates/old.yaml'].map((path) => `charts/web/${path}`),
    );
    const message = await flow.repository.git('log', '-1', '--format=%B', commit);
    assert.match(message, /^Release web 1\.1\.0\n\ncharts\/web: 1\.0\.0 -> 1\.1\.0\n/u);
    await flow.doesNothing({ 'charts/web-0.9.0.tgz': chart('web', '0.9.0') });
    await flow.doesNothing({ 'charts/web-1.1.0.tgz': second });
    await flow.doesNothing({
      'charts/web-1.1.0.tgz': gzipSync(
        tar(
          { name: 'web/Chart.yaml', body: 'apiVersion: v2\nname: web\nversion: 1.1.0\n' },
          { name: 'web/values.yaml', body: 'a: 1\n' },
          { name: 'web/templates/new.yaml', body: 'b: 1\n' },
        ),
        { level: 1 },
      ),
    });
    assert.deepEqual(flow.told(), ['Landed Release web 1.0.0', 'Landed Release web 1.1.0']);
  });

  it('versions that are uploaded together: only the highest lands', async () => {
    const versions = ['1.9.0', '1.10.0', '1.2.0'];
    const uploads = Object.fromEntries(
      versions.map((version) => [`charts/many-${version}.tgz`, chart('many', version)]),
    );
    await flow.drop(uploads);
    assert.match(await flow.read('charts/many/Chart.yaml'), /version: 1\.10\.0/u);
  });

  it('a chart stays packed where the rule says so', async () => {
    const bytes = chart('web', '1.0.0');
    await flow.lands({ 'packed/web-1.0.0.tgz': bytes }, ['packed/web.tgz']);
    assert.deepEqual(await flow.repository.gitBytes(Buffer.of(), 'cat-file', 'blob', 'main:packed/web.tgz'), bytes);
  });

  it('the newest upload lands where the rule says so, whatever its version', async () => {
    await flow.lands({ 'newest/web-2.0.0.tgz': chart('web', '2.0.0') }, ['newest/web/Chart.yaml']);
    await flow.lands({ 'newest/web-1.0.0.tgz': chart('web', '1.0.0') }, ['newest/web/Chart.yaml']);
    assert.match(await flow.read('newest/web/Chart.yaml'), /version: 1\.0\.0/u);
  });

  it('a file lands as it is, beside all that was there', async () => {
    await flow.lands({ 'config/a.yaml': 'a: 1\r\n' }, ['apps/production/a.yaml']);
    assert.equal(await flow.read('apps/production/a.yaml'), 'a: 1\r');
    await flow.lands({ 'config/foo/b.yaml': 'b: 1\n' }, ['apps/production/foo/b.yaml']);
    await flow.doesNothing({ 'config/a.yaml': 'a: 1\r\n' });
    await flow.doesNothing({ 'config/a.yaml': null });
  });

  it('fault 3: a key with every sign that is encoded somewhere is one path', async () => {
    const name = 'a+b%2Fc d ü.yaml';
    await flow.drop({ [`config/${name}`]: 'a: 1\n' });
    assert.ok((await flow.repository.list()).has(`apps/production/${name}`));
    assert.deepEqual((await flow.recorded())[0]?.source, `s3://releases/config/${name}`);
  });

  it('bundles of all kinds are sets: what an earlier one brought and the next lacks is removed, all else stays', async () => {
    const one = [
      { name: 'x.yaml', body: 'x: 1\n' },
      { name: 'deep/y.yaml', body: 'y: 1\n' },
    ];
    const two = [
      { name: 'x.yaml', body: 'x: 2\n' },
      { name: 'deep/z.yaml', body: 'z: 1\n' },
    ];
    const packers: Readonly<Record<string, (files: typeof one) => Buffer>> = {
      'set.tgz': (files) => tgz(...files),
      'set.tar.gz': (files) => tgz(...files),
      'set.tar': (files) => tar(...files),
      'set.zip': (files) => zip(files),
    };
    for (const [name, pack] of Object.entries(packers)) {
      const folder = name.replace('.', '-');
      const at = (...paths: string[]): string[] => paths.map((path) => `apps/production/${folder}/${path}`);
      await flow.lands({ [`config/${folder}/${name}`]: pack(one) }, at('deep/y.yaml', 'x.yaml'));
      await flow.lands({ [`config/${folder}/${name}`]: pack(two) }, at('deep/y.yaml', 'deep/z.yaml', 'x.yaml'));
    }
  });

  it('executable bits are kept: those of a bundle, and those that a plain file has in the repository', async () => {
    const bundle = tgz({ name: 'start.sh', body: '#!/bin/sh\n', mode: 0o755 }, { name: 'x.yaml', body: 'x: 1\n' });
    await flow.lands({ 'config/tools/set.tgz': bundle }, [
      'apps/production/tools/start.sh',
      'apps/production/tools/x.yaml',
    ]);
    const tree = await flow.repository.list();
    assert.match(tree.get('apps/production/tools/start.sh') ?? '', /^100755 /u);
    assert.match(tree.get('apps/production/tools/x.yaml') ?? '', /^100644 /u);
    await flow.lands({ 'config/once.sh': '#!/bin/sh\n' }, ['apps/production/once.sh']);
    await flow.person({ 'apps/production/once.sh': { mode: '100755', bytes: '#!/bin/sh\n' } });
    await flow.lands({ 'config/once.sh': '#!/bin/sh\nexit 1\n' }, ['apps/production/once.sh']);
    assert.match((await flow.repository.list()).get('apps/production/once.sh') ?? '', /^100755 /u);
  });

  it('onDelete: remove takes the place away; keep does not', async () => {
    await flow.lands({ 'charts/gone-1.0.0.tgz': chart('gone', '1.0.0') }, ['charts/gone/Chart.yaml']);
    await flow.lands({ 'charts/gone-1.0.0.tgz': null }, ['charts/gone/Chart.yaml']);
    assert.match(await flow.repository.git('log', '-1', '--format=%s', 'main'), /^Remove charts\/gone$/u);
    await flow.lands({ 'config/kept-too.yaml': 'a: 1\n' }, ['apps/production/kept-too.yaml']);
    await flow.doesNothing({ 'config/kept-too.yaml': null });
  });

  it('trailers say whence, by whom, what CI claims, and after which ledger', async () => {
    const ledger = await flow.repository.git('rev-parse', LEDGER);
    const [commit = ''] = await flow.drop({ 'config/claimed.yaml': 'a: 1\n' }, { build: '17', 'source-commit': 'abc' });
    const message = await flow.repository.git('log', '-1', '--format=%B', commit);
    const trailer = (name: string): string | undefined => readTrailer(message, `Gitferry-${name}`)[0];
    assert.equal(trailer('Source'), 's3://releases/config/claimed.yaml');
    assert.match(trailer('Content') ?? '', /^sha256:[0-9a-f]{64}$/u);
    assert.match(trailer('Publisher') ?? '', /^\d{12}$/u);
    assert.equal(trailer('Claim-Build'), '17');
    assert.equal(trailer('Claim-Source-Commit'), 'abc');
    assert.equal(trailer('Ledger'), ledger);
    const [event] = await flow.recorded();
    assert.equal(event?.id, trailer('Release'));
    assert.equal(event?.commit, commit);
    assert.deepEqual(event?.claims, { Build: '17', 'Source-Commit': 'abc' });
  });
});
