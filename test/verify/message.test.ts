import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLook, parseLook } from '../../shared/notice/look.ts';
import { landed } from './sight.ts';

test('a look says what it follows, and which look it is', () => {
  const look = { kind: 'look', landed: landed(), look: 7 } as const;
  assert.deepEqual(parseLook(JSON.parse(formatLook(look))), look);
});

test('that something landed, as the bus tells it, is the first look', () => {
  const event = { version: '0', source: 'gitferry', 'detail-type': 'Landed', detail: landed() };
  assert.deepEqual(parseLook(event), { kind: 'look', landed: landed(), look: 1 });
  assert.equal(parseLook({ ...event, source: 'others' }), null);
  assert.equal(parseLook({ ...event, 'detail-type': 'Verdict' }), null);
});

test('a report names objects, or all', () => {
  const object = { kind: 'Canary', namespace: 'shop', name: 'api' };
  const read = (objects: readonly (typeof object)[]) =>
    parseLook(JSON.parse(formatLook({ kind: 'look-now', objects })));
  assert.deepEqual(read([object]), { kind: 'look-now', objects: [object] });
  assert.deepEqual(read([]), { kind: 'look-now', objects: [] });
  assert.deepEqual(read(Array.from({ length: 21 }, () => object)), { kind: 'look-now', objects: [] });
  assert.deepEqual(read([{ ...object, name: 'x'.repeat(300) }]), { kind: 'look-now', objects: [] });
  assert.deepEqual(parseLook({ gitferry: 'look-now' }), { kind: 'look-now', objects: [] });
});

test('anything else is none', () => {
  for (const odd of [null, 1, 'x', [], {}, { gitferry: 'look' }, { gitferry: 'look', look: 1, landed: {} }])
    assert.equal(parseLook(odd), null, JSON.stringify(odd));
  for (const look of [0, 1.5, 1e9]) assert.equal(parseLook({ gitferry: 'look', look, landed: landed() }), null);
});
