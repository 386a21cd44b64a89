import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '../../shared/config/parse.ts';
import { sourceFiles } from '../sources.ts';
import { blocks, type Page, prose, ROOT, readPages } from './pages.ts';

/** As GitHub makes an anchor of a heading. */
function anchorsOf({ text }: Page): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('every link of the documentation leads to a file, and to a heading of it', async () => {
  const pages = await readPages();
  const links = pages.flatMap((page) =>
    [...prose(page).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, target = '']) => ({ page, target })),
  );
  assert.ok(links.length > 20, `${links.length} links were found`);
  for (const { page, target } of links.filter(({ target }) => !/^[a-z]+:/u.test(target))) {
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page.path : join(dirname(page.path), file);
    await assert.doesNotReject(access(join(ROOT, path)), `${page.path} links to ${target}`);
    if (anchor === undefined) continue;
    const linked = pages.find((other) => other.path === path);
    assert.ok(
      linked && anchorsOf(linked).includes(anchor),
      `${page.path} links to ${target}, which has no such heading`,
    );
  }
});

test('every file of the project that a page names in passing is there', async () => {
  for (const page of await readPages())
    for (const [, path = ''] of page.text.matchAll(
      /`((?:functions|shared|cli|infra|test|docs|examples)\/[\w./-]*\w)`/gu,
    ))
      await assert.doesNotReject(access(join(ROOT, path)), `${page.path} names ${path}`);
});

test('every script of npm that a page names is in package.json', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  for (const { path, text } of await readPages())
    for (const [line, name = ''] of text.matchAll(/\bnpm run (?:-s |--silent )?([\w:-]+)/gu))
      assert.ok(name in scripts, `${path}: ${line}`);
});

/** The names of gitferry's commands, and of those below `ledger`. */
async function commands(): Promise<ReadonlySet<string>> {
  const texts = await Promise.all((await sourceFiles('cli/*.ts')).map((file) => readFile(join(ROOT, file), 'utf8')));
  return new Set(texts.flatMap((text) => [...text.matchAll(/\.command\('([\w-]+)/gu)].map(([, name = '']) => name)));
}

test('the changelog names every command', async () => {
  const text = await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8');
  for (const name of await commands()) assert.match(text, new RegExp(`[\` ]${name}[\` ]`, 'u'));
});

test('every command of gitferry that a page names is in its command line', async () => {
  const known = await commands();
  assert.ok(known.has('validate'));
  for (const { path, text } of await readPages()) {
    const inCode = [...text.matchAll(/`[^`\n]+`/gu), ...text.matchAll(/^.*\bnpm run -s gitferry .*$/gmu)];
    for (const [code] of inCode)
      for (const [line, name = ''] of code.matchAll(
        /(?:`|\bnpx )gitferry ([a-z][\w-]*)|run -s gitferry -- ([a-z][\w-]*)/gu,
      ))
        assert.ok(known.has(name || (line.split(' ').at(-1) ?? '')), `${path}: ${line}`);
  }
});

test('every gitferry.yaml that a page shows is one', async () => {
  const files = (await readPages()).flatMap((page) =>
    blocks(page, 'yaml').flatMap((block) => (block.startsWith('apiVersion: gitferry.dev/') ? [{ page, block }] : [])),
  );
  assert.ok(files.length >= 2, `${files.length} were found`);
  for (const { page, block } of files) assert.doesNotThrow(() => parseConfig(Buffer.from(block)), page.path);
});
