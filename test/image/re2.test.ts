import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { admits } from '../../shared/image/tags.ts';

const { cache } = createRequire(import.meta.url);
const isLoaded = (): boolean => Object.keys(cache).some((path) => path.includes('/re2js/'));

test('the engine of patterns is loaded with the first pattern, and not before', () => {
  assert.equal(admits({ kind: 'semver', range: '1.x', filter: null }, '1.0.0'), true);
  assert.equal(isLoaded(), false);
  assert.equal(admits({ kind: 'semver', range: '1.x', filter: { pattern: '0$', extract: null } }, '1.0.0'), true);
  assert.equal(isLoaded(), true);
});
