import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { withParameters } from '../../infra/docs/parameters.ts';

const root = new URL('../../', import.meta.url);
const page = await readFile(new URL('docs/install.md', root), 'utf8');

test('the table of parameters is that of the deployment', () => {
  assert.equal(withParameters(page), page, 'docs/install.md is out of date: run "npm run schema".');
});

test('the command that adds to a bucket’s notifications is the one that a deployment prints', () => {
  const { commandFor } = createRequire(import.meta.url)('../../infra/deployment/bucket-events.cjs');
  const flat = (text: string) => text.replaceAll(/\s*\\?\n\s*/gu, ' ');
  assert.ok(flat(page).includes(commandFor('acme-releases')));
});
