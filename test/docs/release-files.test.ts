import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocument } from 'yaml';
import { parseConfig } from '../../shared/config/parse.ts';
import { readReleaseFile } from '../../shared/config/release-file.ts';
import { blocks, readPages } from './pages.ts';

async function yamlOf(path: string): Promise<readonly string[]> {
  const page = (await readPages()).find((one) => one.path === path);
  assert.ok(page, path);
  return blocks(page, 'yaml');
}

test('the release file on its page is one', async () => {
  const shown = (await yamlOf('docs/release-files.md')).filter((block) => block.includes('kind: Release'));
  const [file, ...others] = shown.map((block) => readReleaseFile(Buffer.from(block), 'acme-releases'));
  assert.deepEqual(others, []);
  assert.equal(file?.objects.length, 2);
  assert.equal(file?.images.length, 1);
});

test('what Flux’s objects become is what they say', async () => {
  const all = await yamlOf('docs/images.md');
  const flux = all.findLastIndex((block) => block.includes('kind: ImagePolicy'));
  const [repository, policy, automation] = (all[flux] ?? '').split('---\n').map((text) => parseDocument(text).toJS());
  const { images, author } = parseConfig(Buffer.from(all[flux + 1] ?? ''));
  const { name, namespace } = policy.metadata;
  assert.deepEqual(
    images.map((image) => [image.image, image.name, image.policy, image.files, image.pin]),
    [
      [
        repository.spec.image,
        `${namespace}:${name}`,
        { kind: 'semver', range: policy.spec.policy.semver.range, filter: null },
        [`${automation.spec.update.path.slice(2)}/**`],
        'tag',
      ],
    ],
  );
  assert.deepEqual(author, automation.spec.git.commit.author);
});
