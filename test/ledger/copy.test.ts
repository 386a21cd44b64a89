import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { oidOf } from '../../shared/git/object.ts';
import { copyKey, readCopy } from '../../shared/ledger/copy.ts';
import { eventsJson, LEDGER, startArchive } from '../archive/fixture.ts';

describe('a copy', () => {
  const commit = { committer: { name: '', email: '', seconds: 1, zone: '+0000' } };

  test('no two ledgers share a key', () => {
    const oid = '1'.repeat(40);
    const keys = [
      copyKey({ deployment: 'a', branch: 'b/c' }, oid, commit),
      copyKey({ deployment: 'a/b', branch: 'c' }, oid, commit),
    ];
    assert.deepEqual(keys, [
      `a/b~c/1970/01/01/19700101T000001Z-${oid}.json`,
      `a~b/c/1970/01/01/19700101T000001Z-${oid}.json`,
    ]);
  });

  test('is read back only if it holds together', async () => {
    const archive = await startArchive();
    try {
      const oid = await archive.record({ 'events.json': eventsJson('one') });
      await archive.run();
      const text = archive.copyOf(oid).toString();
      const copy = JSON.parse(text);
      const other = { oid: oidOf({ type: 'blob', bytes: Buffer.from('x') }), text: 'x' };
      const render = (changed: object): string => `${JSON.stringify({ ...copy, ...changed }, null, 1)}\n`;
      assert.equal(render({}), text);
      const lies: Readonly<Record<string, string>> = {
        'no JSON': text.slice(1),
        'the commit': render({ commit: { oid, text: copy.commit.text.replace('batch', 'Batch') } }),
        'no commit': render({ commit: { oid, omitted: true } }),
        'the tree': render({ tree: { oid: copy.tree.oid, base64: '' } }),
        'another tree': render({ tree: { oid: oidOf({ type: 'tree', bytes: new Uint8Array() }), base64: '' } }),
        'the events': render({ events: { oid: copy.events.oid, text: eventsJson('two') } }),
        'other events': render({ events: other }),
        'no events': render({ events: null }),
        'its own field': render({ committed: '2020-01-01T00:00:00Z' }),
        'one more field': render({ approved: true }),
        'its deployment': render({ deployment: 'other' }),
        'how it is written': text.replace('"schema": 1', '"schema":1'),
      };
      for (const [what, lie] of Object.entries(lies))
        assert.equal(typeof readCopy(LEDGER, Buffer.from(lie)), 'string', what);
    } finally {
      await archive.close();
    }
  });
});
