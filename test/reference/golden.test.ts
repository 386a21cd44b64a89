import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { maskReferences } from '../../shared/reference/edit.ts';
import { textOf } from '../../shared/reference/text.ts';
import { type Asked, answer, imagesOf } from './asked.ts';

const CASES = join(import.meta.dirname, '..', 'fixtures', 'references');

/** By their paths below the folder. */
async function filesBelow(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(paths.map(async (path) => textOf(await readFile(path))));
  return new Map(paths.map((path, at) => [relative(folder, path), texts[at] ?? '']));
}

/** The lines that differ, as a person compares them. */
function lines(text: string): readonly string[] {
  return text.split('\n');
}

const entries = await readdir(CASES, { recursive: true });
const cases = entries
  .filter((path) => path.endsWith('asked.json'))
  .map(dirname)
  .sort();

test('there are cases', () => assert.ok(cases.length > 15, `${cases.length} cases`));

for (const name of cases) {
  test(`${name}: becomes what it should`, async () => {
    const folder = join(CASES, name);
    const asked: Asked & { problems: readonly string[] } = JSON.parse(
      await readFile(join(folder, 'asked.json'), 'utf8'),
    );
    const [before, after] = await Promise.all([filesBelow(join(folder, 'before')), filesBelow(join(folder, 'after'))]);
    assert.deepEqual([...before.keys()].sort(), [...after.keys()].sort());
    const told: string[] = [];
    for (const [path, text] of [...before].sort()) {
      const { text: edited, problems } = answer(text, asked);
      assert.deepEqual(lines(edited), lines(after.get(path) ?? ''), path);
      told.push(...problems.map((problem) => `${path}:${problem}`));
      assert.equal(answer(edited, asked).text, edited, `${path}: nothing is left to do`);
      if (told.some((problem) => problem.includes('TemplateFile'))) continue;
      assert.equal(maskReferences(text, imagesOf(asked)), maskReferences(edited, imagesOf(asked)), path);
    }
    assert.deepEqual(told, asked.problems);
  });
}
