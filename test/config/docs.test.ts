import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configurationPage } from '../../infra/docs/configuration.ts';
import { type JsonSchema, jsonSchema } from '../../infra/docs/schema.ts';
import { parseConfig } from '../../shared/config/parse.ts';

const doc = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const stale = 'is out of date: run "npm run schema".';

test('the JSON Schema for editors is that of the parser', () => {
  assert.deepEqual(JSON.parse(doc('gitferry.schema.json')), jsonSchema(), `docs/gitferry.schema.json ${stale}`);
});

test('the page about configuration is that of the schema', () => {
  assert.equal(doc('configuration.md'), configurationPage(jsonSchema()), `docs/configuration.md ${stale}`);
});

test('the example on the page is a configuration', () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/u.exec(doc('configuration.md')) ?? [];
  const { mirrors, images, releases } = parseConfig(Buffer.from(example));
  assert.deepEqual([mirrors.length, images.length, releases.length], [2, 2, 1]);
});

test('every key is described', () => {
  const check = (path: string, { description, properties, items }: JsonSchema): void => {
    if (!path.endsWith('[]')) assert.match(description ?? '', /\.$/u, path);
    for (const [key, child] of Object.entries(properties ?? {})) check(`${path}.${key}`, child);
    if (items?.properties !== undefined) check(`${path}[]`, items);
  };
  check('', jsonSchema());
});
