import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { changedPaths } from '../servers/awkward-repository.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { tgz } from '../simulation/archives.ts';
import { digestNamed } from '../simulation/memory-images.ts';
import {
  changedLines,
  deployment,
  deployments,
  imageOf,
  pinned,
  policy,
  push,
  read,
  revert,
  rules,
  tellImage,
  workOff,
} from './images.ts';

const OLD = digestNamed('old');
const SUBMODULE = '5'.repeat(40);
const EVERYWHERE = 'files: ["**"]';

const KUSTOMIZATION = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [main.yaml]
images:
  - name: app
    newName: ${imageOf('shapes')}
    newTag: 1.0.0 # kept
  - name: ${imageOf('shapes')}
    newTag: "1.0.0"
    digest: ${OLD}
  - name: ${imageOf('other')}
    newTag: 1.0.0
`;
const HELM_RELEASE = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: main }
spec:
  values:
    image: { repository: ${imageOf('shapes')}, tag: 1.0.0 }
    sidecar:
      image:
        registry: quay.io
        repository: acme/shapes
        tag: "1.0.0@${OLD}"
`;

describe('places where images are named', () => {
  let ferry: Ferry;
  before(async () => {
    const files = {
      ...deployments(['modes', 'pinned', 'one', 'one-two', 'one-three', 'marked']),
      'shapes/kustomization.yaml': KUSTOMIZATION,
      'shapes/release.yaml': HELM_RELEASE,
      'modes/run.yaml': { mode: '100755', bytes: deployment(`${imageOf('modes')}:1.0.0`) },
      'modes/link.yaml': { mode: '120000', bytes: 'main.yaml' },
      'modes/module.yaml': { mode: '160000', bytes: SUBMODULE },
      'modes/folder.yaml/inside.yaml': deployment(`${imageOf('modes')}:1.0.0`),
      'modes/main.txt': deployment(`${imageOf('modes')}:1.0.0`),
      'flux-system/main.yaml': deployment(`${imageOf('modes')}:1.0.0`),
      'clusters/Flux-System/main.yaml': deployment(`${imageOf('modes')}:1.0.0`),
      '.github/workflows/main.yaml': `image: ${imageOf('modes')}:1.0.0\n`,
      'names/50%#1 ü.yaml': deployment(`${imageOf('names')}:1.0.0`),
      'names/a%23b#c%.yaml': deployment(`${imageOf('names')}:1.0.0`),
      'ring/main.yaml': deployment(`${imageOf('ring')}:1.0.0-0`),
      'prod/main.yaml': deployment(`${imageOf('ring')}:1.0.0`),
      'both/main.yaml': deployment(`${imageOf('both')}:1.0.0`),
      'told/kustomization.yaml': `images:\n${`  - { name: ${imageOf('told')}, newTag: 1.0.0 }\n`.repeat(2)}`,
      'told/incomplete.yaml': `image: { repository: ${imageOf('told')} }\n`,
      'marked/bare.yaml': `tag: 1.0.0 # {"$imagepolicy": "apps:marked:tag"}\nother: 1.0.0 # {"$imagepolicy": "apps:nobody:tag"}\n`,
    };
    const policies = [
      policy('shapes'),
      policy('modes', EVERYWHERE),
      policy('names'),
      policy('pinned', 'pin: tag'),
      policy('marked'),
      policy('told'),
      policy('chart', 'files: ["charts/**"]'),
      // Two rules for one image, whose files are apart; and two whose files are not.
      `  - { image: ${imageOf('ring')}, name: "ring:early", policy: { semver: ">=0-0" }, files: ["ring/**"] }\n`,
      `  - { image: ${imageOf('ring')}, name: "ring:late", policy: { semver: "*" }, files: ["prod/**"] }\n`,
      `  - { image: ${imageOf('both')}, name: "apps:one-two", policy: { semver: "*" }, files: ["both/**", "one/**"] }\n`,
      `  - { image: ${imageOf('both')}, name: "apps:one-three", policy: { semver: "*" }, files: ["both/*"] }\n`,
      policy('one', 'files: ["one/**", "both/**"]'),
    ];
    // The rules name an image themselves, where a rule covers them.
    ferry = await startFerry({}, files, `${rules(...policies)}# image: ${imageOf('modes')}:1.0.0\n`);
    await tellImage(ferry, 'nobody');
    await workOff(ferry);
  });
  after(() => ferry.close());

  const upload = async (key: string, bytes: string | Buffer): Promise<void> => {
    await ferry.put(key, bytes);
    await ferry.tell(key);
    await workOff(ferry);
  };
  const land = async (name: string, tag: string): Promise<void> => {
    await push(ferry, name, tag);
    await workOff(ferry);
  };
  const reasons = async (unit: string): Promise<unknown[]> =>
    (await ferry.events()).flatMap((event) =>
      event.unit === unit && event.reason ? [[event.reason, event.paths]] : [],
    );

  test('kustomizations and HelmReleases: each place gets what it can carry, and nothing else changes', async () => {
    await land('shapes', '1.1.0');
    const digest = digestNamed(`${imageOf('shapes')}:1.1.0`);
    assert.deepEqual(await changedLines(ferry), [
      '-    newTag: 1.0.0 # kept',
      '+    newTag: 1.1.0 # kept',
      '-    newTag: "1.0.0"',
      `-    digest: ${OLD}`,
      '+    newTag: "1.1.0"',
      `+    digest: ${digest}`,
      `-    image: { repository: ${imageOf('shapes')}, tag: 1.0.0 }`,
      `+    image: { repository: ${imageOf('shapes')}, tag: 1.1.0 }`,
      `-        tag: "1.0.0@${OLD}"`,
      `+        tag: "1.1.0@${digest}"`,
    ]);
  });

  test('fault 35: the agent’s folder, the rules, CI, links, submodules and other files are left; modes stay', async () => {
    const before = await ferry.server.repository.git('rev-parse', 'main');
    await land('modes', '1.1.0');
    assert.deepEqual(await changedPaths(ferry.server.repository, before, 'main'), [
      'modes/folder.yaml/inside.yaml',
      'modes/main.yaml',
      'modes/run.yaml',
    ]);
    const tree = await ferry.server.repository.list();
    assert.match(tree.get('modes/run.yaml') ?? '', /^100755 /u);
    assert.match(tree.get('modes/link.yaml') ?? '', /^120000 /u);
    assert.equal(tree.get('modes/module.yaml'), `160000 ${SUBMODULE}`);
  });

  test('files of any name: set, and taken back by a person', async () => {
    await land('names', '1.1.0');
    for (const path of ['names/50%#1 ü.yaml', 'names/a%23b#c%.yaml'])
      assert.equal(await read(ferry, path), deployment(pinned('names', '1.1.0')));
    await ferry.server.repository.commit({ 'names/50%#1 ü.yaml': deployment(`${imageOf('names')}:1.0.0`) });
    await land('names', '1.1.0');
    for (const path of ['names/50%#1 ü.yaml', 'names/a%23b#c%.yaml'])
      assert.equal(await read(ferry, path), deployment(`${imageOf('names')}:1.0.0`));
    const taken = (await ferry.events()).find(({ type, unit }) => type === 'taken-back' && unit === 'apps:names');
    assert.deepEqual(taken?.held, [digestNamed(`${imageOf('names')}:1.1.0`)]);
  });

  test('pin: tag writes the tag alone; a rebuild under the same tag is known, and not committed', async () => {
    await land('pinned', '1.1.0');
    assert.equal(await read(ferry, 'pinned/main.yaml'), deployment(`${imageOf('pinned')}:1.1.0`));
    const tip = await ferry.server.repository.git('rev-parse', 'main');
    const digest = await push(ferry, 'pinned', '1.1.0', 'rebuilt');
    await workOff(ferry);
    assert.equal(await ferry.server.repository.git('rev-parse', 'main'), tip);
    assert.equal((await ferry.events()).findLast(({ unit }) => unit === 'apps:pinned')?.content, digest);
  });

  test('several rules for one image, in different files: each lands what it admits', async () => {
    ferry.images.push(imageOf('ring'), '1.1.0');
    await land('ring', '1.2.0-rc.1');
    assert.equal(await read(ferry, 'ring/main.yaml'), deployment(pinned('ring', '1.2.0-rc.1')));
    assert.equal(await read(ferry, 'prod/main.yaml'), deployment(pinned('ring', '1.1.0')));
  });

  test('fault 33: a reference that two rules would set waits with file and line, and neither sets it; others land', async () => {
    await push(ferry, 'both', '1.1.0');
    await push(ferry, 'one', '1.1.0');
    await workOff(ferry);
    assert.equal(await read(ferry, 'both/main.yaml'), deployment(`${imageOf('both')}:1.0.0`));
    for (const unit of ['apps:one-two', 'apps:one-three'])
      assert.deepEqual(await reasons(unit), [['ReferenceAmbiguous', ['both/main.yaml:10']]]);
    assert.deepEqual(await reasons('apps:one'), [], 'whose name is the beginning of theirs');
    assert.equal(await read(ferry, 'one/main.yaml'), deployment(pinned('one', '1.1.0')));
    await land('both', '1.1.0');
    assert.equal((await reasons('apps:one-two')).length, 1, 'told once');
    await ferry.server.repository.commit({
      'both/main.yaml': deployment(`${imageOf('both')}:1.0.0`).replace('# kept', '# {"$imagepolicy": "apps:one-two"}'),
    });
    await land('both', '1.2.0');
    assert.match(await read(ferry, 'both/main.yaml'), new RegExp(`${pinned('both', '1.2.0')} # \\{`, 'u'));
  });

  test('fault 33: a marker sets what it marks; one of a policy that nobody has is left alone', async () => {
    await land('marked', '1.1.0');
    assert.equal(
      await read(ferry, 'marked/bare.yaml'),
      `tag: 1.1.0 # {"$imagepolicy": "apps:marked:tag"}\nother: 1.0.0 # {"$imagepolicy": "apps:nobody:tag"}\n`,
    );
  });

  test('fault 33: what no policy can set is told once, with file and line', async () => {
    await land('told', '1.1.0');
    const told = (await ferry.events()).filter(({ unit, type }) => unit === null && type === 'waiting');
    assert.deepEqual(told.map(({ reason, paths }) => [reason, paths]).toSorted(), [
      ['MarkerWithoutPolicy', ['marked/bare.yaml:2']],
      ['ReferenceAmbiguous', ['told/kustomization.yaml:2', 'told/kustomization.yaml:3']],
      ['ReferenceIncomplete', ['told/incomplete.yaml:1']],
    ]);
  });

  describe('in an unpacked chart', () => {
    const values = (tag: string, more = ''): string =>
      `image:\n  repository: ${imageOf('chart')}\n  tag: ${tag}\n${more}`;
    const chart = (version: string, text: string): Promise<Buffer> =>
      tgz({
        'web/Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
        'web/values.yaml': text,
        'web/templates/main.yaml': `kind: Pod\nspec: { image: {{ .Values.image }} }\n`,
      });
    const stands = (): Promise<string> => read(ferry, 'charts/web/values.yaml');

    test('a new version of the chart keeps the image, and the image can be released on', async () => {
      await upload('charts/web-1.0.0.tgz', await chart('1.0.0', values('1.0.0')));
      await land('chart', '1.1.0');
      assert.equal(await stands(), values('1.1.0'));
      await upload('charts/web-1.1.0.tgz', await chart('1.1.0', values('1.0.0', 'replicas: 2\n')));
      assert.equal(await stands(), values('1.1.0', 'replicas: 2\n'));
      await land('chart', '1.2.0');
      assert.equal(await stands(), values('1.2.0', 'replicas: 2\n'));
      assert.deepEqual(await reasons('s3://releases/charts/#web'), []);
    });

    test("a person's edit in the chart is noticed all the same, and waits", async () => {
      await ferry.server.repository.commit({ 'charts/web/values.yaml': values('1.2.0', 'replicas: 3\n') });
      await upload('charts/web-1.2.0.tgz', await chart('1.2.0', values('1.0.0', 'replicas: 2\n')));
      assert.equal(await stands(), values('1.2.0', 'replicas: 3\n'));
      assert.deepEqual(await reasons('s3://releases/charts/#web'), [['PlaceEdited', ['charts/web']]]);
      await land('chart', '1.3.0');
      assert.equal(await stands(), values('1.3.0', 'replicas: 3\n'), 'the image does not wait for the chart');
    });

    test("reverting the image's commit takes back the image, and not the chart", async () => {
      await ferry.server.repository.commit({ 'charts/web/values.yaml': values('1.3.0', 'replicas: 2\n') });
      await upload('charts/web-1.2.0.tgz', await chart('1.2.0', values('1.0.0', 'replicas: 2\n')));
      await land('chart', '1.4.0');
      await revert(ferry.server.repository);
      await land('chart', '1.4.0');
      await upload('charts/web-1.3.0.tgz', await chart('1.3.0', values('1.4.0', 'replicas: 4\n')));
      assert.equal(await stands(), values('1.3.0', 'replicas: 4\n'));
    });

    test("reverting the chart's commit takes back the chart, and not the image", async () => {
      await land('chart', '1.5.0');
      await upload('charts/web-1.4.0.tgz', await chart('1.4.0', values('1.0.0', 'replicas: 5\n')));
      await revert(ferry.server.repository);
      await upload('charts/web-1.4.0.tgz', await chart('1.4.0', values('1.0.0', 'replicas: 5\n')));
      assert.equal(await stands(), values('1.5.0', 'replicas: 4\n'));
    });
  });
});
