import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { costOf, costPage, readPrices, totalOf } from '../../infra/docs/cost.ts';
import { perMonth, perRelease, readDeployed, type Use } from '../../infra/docs/usage.ts';

const { prices } = readPrices();

test('the page about cost is what its prices and the templates come to', async () => {
  const page = await readFile(new URL('../../docs/cost.md', import.meta.url), 'utf8');
  assert.equal(page, await costPage(), 'docs/cost.md is out of date: run "npm run schema".');
});

test('a line is amount × price / per, and what not everybody has is in no total', () => {
  const uses: readonly Use[] = [
    { price: 'sqs-request', amount: 41, of: '' },
    { price: 'secret', amount: 2, of: '' },
    { price: 'key', amount: 1, of: '', optional: true },
  ];
  const given = { ...prices, 'sqs-request': { of: '', usd: 0.4, per: 1_000_000, source: '' } };
  assert.equal(costOf(uses[0] as Use, given, 1000), (41 * 1000 * 0.4) / 1_000_000);
  assert.equal(totalOf(uses, given, 1), (41 * 0.4) / 1_000_000 + 2 * 0.4);
});

test('all that is counted has a price with its source, and every price is used', async () => {
  const deployed = await readDeployed();
  const used = new Set([...perRelease(deployed), ...perMonth(deployed)].map(({ price }) => price));
  assert.deepEqual([...used].sort(), Object.keys(prices).sort());
  for (const { usd, per, source } of Object.values(prices)) {
    assert.ok(usd > 0 && per >= 1);
    assert.match(source, /^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+\/pricing\/(?:on-demand\/)?$/u);
  }
});

test('what is deployed is counted in the deployment', async () => {
  const { memory, polled, alarms, dashboards, metrics, archive } = await readDeployed();
  assert.equal(polled, 3, 'changes, looks and notices');
  assert.equal(dashboards, 1);
  assert.ok(alarms > 5);
  assert.ok(metrics > 10);
  assert.deepEqual(archive, { alarms: 1, metrics: 1 }, 'its failures, and its cold starts');
  for (const name of ['mirror', 'nudge', 'verify', 'notify', 'sweep']) assert.ok((memory[name] ?? 0) >= 128, name);
});

test('what few have is in no total: the alarm of the ledger’s copy, and its cold starts', async () => {
  const deployed = await readDeployed();
  const amounts = (price: string) => perMonth(deployed).filter((use) => use.price === price);
  for (const [price, count] of [
    ['alarm', deployed.alarms],
    ['metric', deployed.metrics],
  ] as const)
    assert.deepEqual(
      amounts(price).map(({ amount, optional = false }) => [amount, optional]),
      [
        [count, false],
        [1, true],
      ],
    );
});

test('a sweep of one cluster is two runs: one of what was missed, one of the cluster', async () => {
  const month = perMonth(await readDeployed());
  const amountOf = (price: string) => month.find((use) => use.price === price)?.amount;
  const sweeps = 730 * 4;
  assert.equal(amountOf('lambda-request'), 2 * sweeps);
  assert.equal(amountOf('lambda-second'), 2 * sweeps * 10 * 0.5);
  assert.equal(amountOf('event'), sweeps);
  assert.deepEqual([amountOf('table-read'), amountOf('table-write')], [sweeps, sweeps]);
  assert.equal(amountOf('secret-read'), 4 * sweeps);
});
