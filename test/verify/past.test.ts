import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pastOf, readPast } from '../../functions/verify/look/past.ts';
import { formatChange } from '../../shared/change/own.ts';
import { Draft } from '../../shared/git/draft.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { Ledger, ledgerRef } from '../../shared/ledger/ledger.ts';
import { emptyState, type Release, recordOf, type UnitState } from '../../shared/ledger/state.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { DIGEST, landed, OTHER } from './sight.ts';

const CONFIG = `apiVersion: gitferry.dev/v1
mirrors:
  - { bucket: releases, prefix: config/, files: apps/production }
`;

let ferry: Ferry;
before(async () => {
  ferry = await startFerry({}, {}, CONFIG);
});
after(() => ferry.close());

const remote = () => new SmartHttp({ url: ferry.server.url, memory: newMemory() });

async function stateOf(unit: string): Promise<UnitState> {
  const [one, ref] = [remote(), ledgerRef('test', 'main')];
  const ledger = new Ledger(new Draft(one, (await one.tips([ref])).get(ref) ?? null));
  await ledger.load([unit]);
  return ledger.state(unit) ?? emptyState(unit);
}

async function put(text: string): Promise<Release> {
  await ferry.put('config/a.yaml', text);
  await ferry.send(formatChange({ kind: 'object', bucket: 'releases', key: 'config/a.yaml' }));
  while ((await ferry.invoke()) !== null);
  const [unit] = await units();
  const record = recordOf(await stateOf(unit ?? ''));
  assert.ok(record);
  return record;
}

async function units(): Promise<string[]> {
  const [one, ref] = [remote(), ledgerRef('test', 'main')];
  const ledger = new Ledger(new Draft(one, (await one.tips([ref])).get(ref) ?? null));
  return (await ledger.page(await ledger.shards())).map(({ unit }) => unit);
}

test('a newer release in the ledger supersedes one; it is read again only when the ledger has moved', async () => {
  const first = await put('a: 1\n');
  const [unit = ''] = await units();
  const release = landed({ unit, release: first.release ?? '', repository: ferry.server.url });
  const one = remote();
  const known = await readPast(one, release, null);
  assert.deepEqual(known.past, { verdict: null, superseded: false, delivered: false, sameVersion: false });
  const asked = ferry.server.requests.length;
  assert.equal(await readPast(one, release, known), known);
  assert.equal(ferry.server.requests.length - asked, 1);

  const second = await put('a: 2\n');
  assert.equal((await readPast(one, release, known)).past.superseded, true);
  const newer = { ...release, release: second.release ?? '' };
  assert.equal((await readPast(one, newer, known)).past.superseded, false);
});

test('what a state says of a release', () => {
  const made = (release: string | null, given: Partial<Release> = {}) =>
    ({ release, version: '1', content: DIGEST, verdict: null, ...given }) as Release;
  const past = (...releases: readonly Release[]) =>
    pastOf({ ...emptyState('u'), releases: [...releases] }, { release: 'b' });
  assert.equal(pastOf(null, { release: 'b' }).superseded, false);
  assert.equal(past(made('a'), made('b')).superseded, false);
  assert.equal(past(made('a'), made('b'), made(null)).superseded, true);
  assert.equal(past(made('a'), made('c')).superseded, true);
  assert.equal(past(made('a', { verdict: 'delivered' }), made('b')).delivered, true);
  assert.equal(past(made('a', { verdict: 'failed' }), made('b')).delivered, false);
  assert.equal(past(made('b')).delivered, false);
  assert.equal(past(made('a'), made('b', { verdict: 'failed' })).verdict, 'failed');
  assert.equal(past(made('a'), made('b', { content: OTHER })).sameVersion, true);
  assert.equal(past(made('a'), made('b')).sameVersion, false);
  assert.equal(past(made('a', { version: '0' }), made('b', { content: OTHER })).sameVersion, false);
  assert.equal(past(made('a', { version: null }), made('b', { version: null, content: OTHER })).sameVersion, false);
});
