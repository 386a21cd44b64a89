import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { parseCommit } from '../../shared/git/commit.ts';
import { rebuild } from '../../shared/ledger/rebuild.ts';
import type { UnitState } from '../../shared/ledger/state.ts';
import { vouch } from '../../shared/ledger/vouch.ts';
import { readSigningKey } from '../../shared/trust/signing.ts';
import { mirrorOf } from '../../shared/unit/unit.ts';
import { memoryRemote } from '../simulation/memory-remote.ts';
import { FILES_ALONE } from '../simulation/uploads.ts';
import { LEDGER, World } from '../simulation/world.ts';

const identity = { name: 'gitferry', email: 'noreply@gitferry.dev', seconds: 1_700_000_000, zone: '+0000' };
const UNITS = ['config#a.yaml', 'charts#web'];

function upload(world: World, key: string, content: number): Promise<void> {
  world.upload(key, FILES_ALONE.uploads[key]?.[content]?.bytes as Buffer, true);
  return world.settle();
}

/** A history with two versions of each of two units; the newest of one was taken back, and something newer landed. */
async function played(): Promise<World> {
  const world = new World(true);
  await upload(world, 'config/a.yaml', 0);
  await upload(world, 'config/a.yaml', 1);
  world.person.revert(0);
  await upload(world, 'config/a.yaml', 2);
  await upload(world, 'charts/web-1.0.0.tgz', 0);
  await upload(world, 'charts/web-1.1.0.tgz', 0);
  return world;
}

function remoteOf(world: World) {
  return memoryRemote(world.repository, async () => undefined, { loseAnswer: false });
}

/** What a person's command does for a ledger without signatures. */
function rebuildOf(world: World, author = identity) {
  return rebuild({
    remote: remoteOf(world),
    deployment: 'sim',
    branch: 'main',
    identity: author,
    signer: null,
    trustAuthor: false,
    mirrorOf: (unit) => mirrorOf(unit).mirror,
  });
}

function told({ releases, held, before }: UnitState) {
  const kept = releases.filter(({ release }) => release !== null);
  return { held, before, releases: kept.map(({ release, content, changed }) => ({ release, content, changed })) };
}

test('a rebuilt ledger knows the releases, what stood before them, and what was held when they landed', async () => {
  const world = await played();
  const before = UNITS.map((unit) => told(world.stateOf(unit)));
  const old = world.repository.refs.get(LEDGER);
  world.repository.refs.delete(LEDGER);
  const { releases, units, kept } = await rebuildOf(world);
  assert.deepEqual({ releases, units, kept }, { releases: 5, units: 2, kept: null });
  assert.notEqual(world.repository.refs.get(LEDGER), old);
  assert.deepEqual(
    UNITS.map((unit) => told(world.stateOf(unit))),
    before,
  );
  assert.equal(before[0]?.held.length, 1);
});

test('what was taken back stays back after a rebuild', async () => {
  const world = await played();
  world.repository.refs.delete(LEDGER);
  await rebuildOf(world);
  const tip = world.tip;
  await upload(world, 'config/a.yaml', 1);
  assert.equal(world.tip, tip);
});

test('a rebuild keeps the old ledger under another name, and counts nobody else’s commits', async () => {
  const world = await played();
  const old = world.repository.refs.get(LEDGER) as string;
  const { releases, kept } = await rebuildOf(world, { ...identity, email: 'other@example.org' });
  assert.equal(releases, 0);
  assert.equal(world.repository.refs.get(kept as string), old);
});

test('by a new key a person vouches for the ledger as it stands', async () => {
  const world = await played();
  const old = world.repository.refs.get(LEDGER) as string;
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const tip = await vouch(remoteOf(world), { deployment: 'sim', branch: 'main' }, identity, signer);
  const commit = parseCommit(world.repository.objects.get(tip) as never);
  assert.equal(world.repository.refs.get(LEDGER), tip);
  assert.deepEqual(commit.parents, [old]);
  assert.equal(commit.tree, world.repository.commit(old).tree);
  assert.ok(await signer.verifies(commit.payload, commit.signature ?? ''));
});
