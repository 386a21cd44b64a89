import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stalled } from '../../shared/errors.ts';
import { renderCommit } from '../../shared/git/commit.ts';
import { type GitObject, type Oid, oidOf } from '../../shared/git/object.ts';
import { splice } from '../../shared/git/tree.ts';
import { contentsOf, eventsIn } from '../../shared/ledger/contents.ts';

const identity = { name: 'Ada', email: 'ada@example.org', seconds: 1_700_000_000, zone: '+0000' };
const objects = new Map<Oid, GitObject>();

function keep(type: GitObject['type'], bytes: Uint8Array): Oid {
  const object: GitObject = { type, bytes };
  objects.set(oidOf(object), object);
  return oidOf(object);
}

function record(text: string): { oid: Oid; tree: Oid } {
  const events = keep('blob', Buffer.from(text));
  const tree = keep('tree', splice(new Uint8Array(), new Map([['events.json', { mode: '100644', oid: events }]])));
  const message = `Record ${text.length}\n`;
  return {
    tree,
    oid: keep('commit', renderCommit({ tree, parents: [], author: identity, committer: identity, message })),
  };
}

/** Sends nothing beyond so many bytes at once. */
function server(limit: number): { asked: number; fetch: (oids: readonly Oid[]) => Promise<Map<Oid, GitObject>> } {
  const one = {
    asked: 0,
    fetch: async (oids: readonly Oid[]) => {
      one.asked += 1;
      const found = oids.map((oid) => [oid, objects.get(oid) as GitObject] as const);
      if (found.reduce((sum, [, { bytes }]) => sum + bytes.length, 0) > limit)
        throw new Stalled('PackTooLarge', 'The Git server sent more than fits into memory.');
      return new Map(found);
    },
  };
  return one;
}

test('what does not fit into memory together comes in parts, and what never fits is left out', async () => {
  const texts = ['one', 'two', 'x'.repeat(5000), 'three', 'four'];
  const remote = server(1000);
  const found = await contentsOf(remote, texts.map(record));
  assert.deepEqual(
    found.map(({ events }) => (events?.bytes ? Buffer.from(events.bytes).toString() : null)),
    ['one', 'two', null, 'three', 'four'],
  );
  assert.ok(found.every(({ tree, commit }) => tree.bytes !== null && commit.length > 0));
  const roomy = server(1e6);
  await contentsOf(roomy, texts.map(record));
  assert.equal(roomy.asked, 3);
});

test('a commit that fits nowhere stalls, and any other failure is passed on', async () => {
  const places = [record('one')];
  await assert.rejects(contentsOf(server(10), places), { name: 'Stalled', reason: 'PackTooLarge' });
  const broken = { fetch: () => Promise.reject(new Stalled('CredentialsRefused', 'No.')) };
  await assert.rejects(contentsOf(broken, places), { reason: 'CredentialsRefused' });
});

test('a damaged tree holds no events', () => {
  assert.equal(eventsIn(Buffer.from('100644 events.json')), null);
  assert.equal(eventsIn(new Uint8Array()), null);
});
