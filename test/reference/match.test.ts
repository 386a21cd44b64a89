import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageRule } from '../../shared/config/config.ts';
import { findReferences } from '../../shared/reference/find.ts';
import { referencesOf } from '../../shared/reference/match.ts';

function rule(name: string, image: string): ImageRule {
  const policy = { kind: 'digest', tag: 'main' } as const;
  return { name, image, written: image, policy, files: ['**'], pin: 'digest', onEdit: 'hold', digest: 'sha256:' };
}

const TEXT = `a: {image: ghcr.io/acme/api:1}
b: {image: ghcr.io/acme/web:1}
c: ghcr.io/acme/web:1 # {"$imagepolicy": "ns:api"}
d: v1 # {"$imagepolicy": "ns:nobody:tag"}
`;

function matched(...rules: readonly ImageRule[]): readonly [Record<string, readonly string[]>, readonly string[]] {
  const found = findReferences(TEXT, new Set(rules.map(({ image }) => image)));
  const { matched, problems } = referencesOf('apps/all.yaml', found, rules);
  const ids = [...matched].map(([name, references]) => [name, references.map(({ id }) => id)] as const);
  return [Object.fromEntries(ids), problems.map(({ line, reason, message }) => `${line} ${reason} ${message}`)];
}

test('a marker decides, then the image', () => {
  assert.deepEqual(matched(rule('ns:api', 'ghcr.io/acme/api'), rule('web', 'ghcr.io/acme/web')), [
    { 'ns:api': ['#1:a.image', '#1:c'], web: ['#1:b.image'] },
    ['4 MarkerWithoutPolicy apps/all.yaml is marked for ns:nobody, which no rule for this file has as its name.'],
  ]);
});

test('two rules for one image: neither gets what is not marked', () => {
  const [references, problems] = matched(rule('ns:api', 'ghcr.io/acme/api'), rule('ns:canary', 'ghcr.io/acme/api'));
  assert.deepEqual(references, { 'ns:api': ['#1:c'], 'ns:canary': [] });
  assert.match(
    problems[0] ?? '',
    /^1 ReferenceAmbiguous apps\/all\.yaml names .* ns:api and ns:canary would all set\.$/u,
  );
});

test('without rules, markers are told of', () => {
  const [references, problems] = matched();
  assert.deepEqual(references, {});
  assert.deepEqual(
    problems.map((problem) => problem.slice(0, 21)),
    ['3 MarkerWithoutPolicy', '4 MarkerWithoutPolicy'],
  );
});
