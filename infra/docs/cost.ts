import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { perMonth, perRelease, readDeployed, type Use } from './usage.ts';

interface Price {
  readonly of: string;
  readonly usd: number;
  readonly per: number;
  readonly source: string;
}
interface Prices {
  readonly region: string;
  /** The day on which they were written down. */
  readonly written: string;
  readonly prices: Readonly<Record<string, Price>>;
}

export function readPrices(): Prices {
  return parse(readFileSync(new URL('prices.yml', import.meta.url), 'utf8')) as Prices;
}

/** US dollars of so many uses, `times` over. */
export function costOf({ price, amount }: Use, prices: Prices['prices'], times: number): number {
  const { usd, per } = prices[price] as Price;
  return (amount * times * usd) / per;
}

/** Of all that every deployment has. */
export function totalOf(uses: readonly Use[], prices: Prices['prices'], times: number): number {
  return uses.filter(({ optional }) => !optional).reduce((sum, use) => sum + costOf(use, prices, times), 0);
}

/** `docs/cost.md`. */
export async function costPage(): Promise<string> {
  const { region, written, prices } = readPrices();
  const deployed = await readDeployed();
  const [release, month] = [perRelease(deployed), perMonth(deployed)];
  const [thousand, idle] = [totalOf(release, prices, 1000), totalOf(month, prices, 1)];
  return `# Cost

<!-- Written by \`npm run schema\`: prices are in infra/docs/prices.yml, what is counted in infra/docs/usage.ts. -->

What AWS takes for one main repository with one bucket and one cluster, by its list prices of ${region}, before any free tier,
discount or tax: **$${money(thousand)} for 1,000 releases, and $${money(idle)} a month** whether there are any or not.

    cost of a month = idle + releases / 1,000 × cost of 1,000
    cost of a line  = amount × price / per

Each further main repository has queues and functions of its own, so it costs as much again, but for the dashboard.

## 1,000 releases

Each comes alone, is one upload or one pushed image, lands, is followed to \`delivered\` in one cluster and told. What is published
together costs less: a thousand uploads at once are one push, and a few runs of \`mirror\` instead of 2,000.

${table(release, prices, 1000)}

## A month

${table(month, prices, 1)}

## What the numbers stand on

- **Counted from the code**: runs, messages, events, reads and writes of a release that meets no obstacle. Memory,
  queues, alarms and dashboard are those of the deployment itself, metrics those of shared/telemetry.
- **Counted in the embedded run**: a file that lands is three reads of S3, one fetch and one push of Git, one event of ours and three
  messages (itself, the look, the notice). A chart also takes lists.
- **Assumed**: the seconds of a run. \`npm run bench:mirror\` measures 0.07 s (median) from an upload to its commit where all of it stands on
  one machine; the tables have 2 s for \`mirror\`, 10 s for \`sweep\` and 1 s for the others, for a slower processor, a Git host far away, and
  starting cold, which Lambda bills. Twice as long adds $${money(
    totalOf(
      release.filter(({ price }) => price === 'lambda-second'),
      prices,
      1000,
    ),
  )} to 1,000 releases.
- **Assumed**: ten looks until a verdict, as of a rollout that takes a minute. One that takes half an hour has about 25.
- **Assumed**: each run reads its secrets. Functions that are warm keep most of them.
- **Lambda's polling**: an event source with a maximum concurrency keeps [at least five
  pollers](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html); each asks three times a minute, by polls of 20 s.
- **Uploads as events**: AWS does not bill most events of its own services. The table bills S3's like ours, which is the most it can be.
- **Left out**: what you store in buckets; logs that are kept (90 days, at most a few cents); transfer to the internet, which is what lands,
  compressed; X-Ray; a NAT gateway if the functions stand in a VPC, which costs more than all of this; Git host, registry and cluster.

The prices were written down by hand on ${written}, as these pages and others that quote them had them. AWS's own list was not asked by
machine, and no bill of a real account was compared with what is computed here: check them at their sources before you count on
them. Some cost up to a quarter more in other regions.

| price | US dollars | source |
|---|---|---|
${Object.values(prices)
  .map(
    ({ of, usd, per, source }) =>
      `| ${of} | ${plain(usd)}${per === 1 ? '' : ` for ${per.toLocaleString('en')}`} | <${source}> |`,
  )
  .join('\n')}
`;
}

function table(uses: readonly Use[], prices: Prices['prices'], times: number): string {
  const row = (use: Use) =>
    `| ${prices[use.price]?.of} | ${use.of} | ${amount(use.amount * times)} | ${money(costOf(use, prices, times))} |`;
  const always = uses.filter(({ optional, amount: each }) => !optional && each > 0);
  const optional = uses.filter(({ optional }) => optional);
  return [
    '| | what is counted | amount | US dollars |',
    '|---|---|---:|---:|',
    ...always.map(row),
    `| **together** | | | **${money(totalOf(uses, prices, times))}** |`,
    ...optional.map((use) => row({ ...use, of: `if you have it: ${use.of}` })),
  ].join('\n');
}

const money = (usd: number) => (usd < 0.0005 ? usd.toPrecision(1) : usd.toFixed(usd < 0.095 ? 3 : 2));
const amount = (number: number) => number.toLocaleString('en', { maximumFractionDigits: number < 10 ? 3 : 0 });
const plain = (usd: number) => usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 10 });
