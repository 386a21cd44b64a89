import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING_LEARNT } from '../../functions/verify/look/look.ts';
import { concerns } from '../../functions/verify/report.ts';
import { formatLook, parseLook } from '../../shared/notice/look.ts';
import { DIGEST, landed } from './sight.ts';

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

test('a report of workloads alone is for those whose unit may have them; what is not known yet may be meant', () => {
  const api = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'api' };
  const own = { objects: [api], chart: false, parents: [] };
  const chain = { landed: landed(), learnt: { ...NOTHING_LEARNT, own } };
  const report = (kind: string, name: string) => ({ kind, namespace: 'shop', name });
  assert.ok(concerns(chain, [report('Deployment', 'eu-api')]));
  assert.ok(!concerns(chain, [report('Deployment', 'web')]));
  assert.ok(!concerns(chain, [report('StatefulSet', 'api')]));
  assert.ok(concerns(chain, [report('Deployment', 'web'), report('Kustomization', 'apps')]));
  assert.ok(concerns(chain, []));
  assert.ok(concerns({ ...chain, learnt: NOTHING_LEARNT }, [report('Deployment', 'web')]));
  assert.ok(
    concerns({ ...chain, learnt: { ...NOTHING_LEARNT, own: { ...own, objects: [] } } }, [report('Deployment', 'w')]),
  );
  const image = { name: 'x', tag: '1', digest: DIGEST };
  assert.ok(concerns({ ...chain, landed: landed({ image }) }, [report('Deployment', 'web')]));
});
