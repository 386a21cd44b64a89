import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundle } from '../../infra/bundle/build.ts';

const ECHO = join(import.meta.dirname, '../infra/echo/functions/mirror/handler.ts');

test('a layer can put its own handler in the place of a bundled one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-layer-'));
  t.after(() => rm(folder, { recursive: true }));
  await bundle(ECHO, join(folder, 'handler.cjs'));
  const bundled = createRequire(import.meta.url)(join(folder, 'handler.cjs')) as Record<string, unknown>;
  assert.equal(typeof bundled.handler, 'function');
  // As the instrumentation of functions does it.
  Object.defineProperty(bundled, 'handler', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: () => 'wrapped',
  });
  assert.equal((bundled.handler as () => string)(), 'wrapped');
});
