import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { METRICS } from '../../shared/telemetry/telemetry.ts';
import { sourceFiles } from '../sources.ts';
import { type Deployed, deployed, EVERYTHING, ownName, TOPIC, type Widget, watchedBy } from './deployed.ts';

const ROOT = join(import.meta.dirname, '../..');

const MOST = { each: 11, shared: 5 };

/** What AWS measures of queues and functions, as far as it is looked at, and the dimension that names one. */
const MEASURED_BY_AWS: Readonly<Record<string, readonly [dimension: string, metrics: readonly string[]]>> = {
  'AWS/SQS': [
    'QueueName',
    ['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible', 'ApproximateNumberOfMessagesNotVisible'],
  ],
  'AWS/Lambda': ['FunctionName', ['Errors', 'Throttles', 'Url5xxCount', 'UrlRequestCount']],
};

let all: Deployed;
let page: string;
before(async () => {
  [all, page] = await Promise.all([deployed(EVERYTHING), readFile(join(ROOT, 'docs/operations.md'), 'utf8')]);
});

/** What stands below a heading, up to the next one of its level or above. */
function section(heading: string): string {
  const [, level = ''] = /^(#+) /u.exec(heading) ?? [];
  const from = page.indexOf(`\n${heading}\n`);
  assert.notEqual(from, -1, `there is no ${heading}`);
  const rest = page.slice(from + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'mu'));
  return end === -1 ? rest : rest.slice(0, end);
}

/** The table of metrics: name, service, unit. */
function metricRows(): (readonly [string, string, string])[] {
  const rows = section('## Metrics').matchAll(/^\| `(\w+)` \| (\w+) \| (\w+) \|/gmu);
  return [...rows].map(([, name = '', service = '', unit = '']) => [name, service, unit] as const);
}

/** That there is such a metric, of something that is deployed for that main repository. */
function assertMeasured(
  namespace: string,
  metric: string,
  about: ReadonlyMap<string, string>,
  deployment: string,
): void {
  const what = `${namespace} ${metric} of ${[...about.values()].join(' ')}`;
  if (namespace === 'gitferry') {
    const services = new Map(metricRows().map(([name, service]) => [name, service]));
    assert.ok(metric in { ...METRICS, ColdStart: '' }, what);
    const outcome = metric === 'Verdicts' ? ['outcome'] : [];
    assert.deepEqual([...about.keys()], ['service', 'deployment', ...outcome], what);
    const service = services.get(metric) === 'all' ? about.get('service') : services.get(metric);
    assert.deepEqual([about.get('service'), about.get('deployment')], [service, deployment], what);
    assert.ok(all.functions.has(`gitferry-${deployment}-${service}`), what);
  } else {
    const [dimension = '', metrics = []] = MEASURED_BY_AWS[namespace] ?? [];
    assert.ok(metrics.includes(metric), what);
    assert.deepEqual([...about.keys()], [dimension], what);
    const name = about.get(dimension) ?? '';
    assert.ok((dimension === 'QueueName' ? all.queues : all.functions).has(name), what);
    assert.ok(name.startsWith(`gitferry-${deployment}-`), what);
    assert.ok(deployment !== 'prod' || !name.startsWith('gitferry-prod-data-'), what);
  }
}

describe('the alarms', () => {
  test('each has a runbook with commands, which its description names; no runbook is of an alarm that is gone', () => {
    const runbooks = [...section('## Alarms').matchAll(/^### (\S+)$/gmu)].map(([, name = '']) => name);
    const table = [...section('## Alarms').matchAll(/^\| \[`([\w-]+)`\]\(#([\w-]+)\)/gmu)];
    for (const [, name, anchor] of table) assert.equal(name, anchor);
    const names = [...new Set(all.alarms.map(ownName))].sort();
    assert.ok(names.length >= 10, `${names.length} alarms were found`);
    assert.deepEqual([...runbooks].sort(), names);
    assert.deepEqual(
      table.map(([, name]) => name),
      runbooks,
      'the table has them in the same order',
    );
    for (const alarm of all.alarms) {
      const name = ownName(alarm);
      assert.match(alarm.AlarmDescription, new RegExp(`\\. Runbook: docs/operations\\.md#${name}$`, 'u'));
      assert.match(section(`### ${name}`), /^```sh$/mu, name);
    }
  });

  test('are few: so many a repository, so many for all of them', () => {
    const further = all.alarms.filter(({ AlarmName }) => AlarmName.startsWith('gitferry-prod-data-'));
    assert.ok(further.length <= MOST.each, `${further.length} a repository`);
    assert.ok(all.alarms.length - 2 * further.length <= MOST.shared, `${all.alarms.length} in all`);
  });

  test('look at what is deployed and measured, each at that of its own main repository', () => {
    for (const alarm of all.alarms) {
      const watched = watchedBy(alarm);
      assert.ok(watched.length > 0, alarm.AlarmName);
      const deployment = alarm.AlarmName.slice('gitferry-'.length, -ownName(alarm).length - 1);
      assert.ok(['prod', 'prod-data'].includes(deployment), alarm.AlarmName);
      for (const { namespace, metric, about } of watched) assertMeasured(namespace, metric, about, deployment);
    }
  });

  test('tell the topic when they begin and when they end; nobody, where none is named', async () => {
    for (const { AlarmActions, OKActions } of all.alarms)
      assert.deepEqual([AlarmActions, OKActions], [[TOPIC], [TOPIC]]);
    const { alarms } = await deployed('{}');
    for (const alarm of alarms) assert.ok(!('AlarmActions' in alarm) && !('OKActions' in alarm), alarm.AlarmName);
    const names = alarms.map(ownName);
    for (const [name, why] of [
      ['archive-fails', 'nothing is archived'],
      ['clusters-unseen', 'there are no clusters'],
    ] as const)
      assert.ok(!names.includes(name), why);
  });
});

describe('what is measured', () => {
  test('stands on the page, with its unit, and is measured by the function that the page names', async () => {
    const rows = metricRows();
    const units = rows.map(([name, , unit]) => [name, unit] as const);
    assert.deepEqual(Object.fromEntries(units), { ...METRICS, ColdStart: 'Count' });
    for (const [name, service] of rows.filter(([one]) => one !== 'ColdStart')) {
      const files = await sourceFiles(`functions/${service}/**/*.ts`);
      const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
      assert.ok(
        texts.some((text) => new RegExp(`\\b${name}\\b`, 'u').test(text)),
        `${service} measures ${name}`,
      );
    }
  });

  test('every field that a query of the page asks for is one that lines have', async () => {
    const standard = 'timestamp level service deployment message function_request_id messageId reason why release unit';
    const files = await sourceFiles('functions/**/*.ts');
    const code = (await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')))).join('\n');
    const [queries = ''] = page.split('\n## Logs\n')[1]?.split('```text\n')[1]?.split('```') ?? [];
    const plain = queries.replaceAll(/^#.*$|"[^"]*"/gmu, '');
    const words = plain.match(/@?\b[a-z]\w*/gu) ?? [];
    const language = 'filter fields stats sort count latest like and as by ispresent tries last'.split(' ');
    const fields = new Set(words.filter((word) => !language.includes(word) && word !== '@timestamp'));
    assert.ok(fields.size > 8, `${fields.size} fields`);
    for (const field of fields)
      assert.ok(standard.split(' ').includes(field) || new RegExp(`\\b${field}\\b[:,]`, 'u').test(code), field);
  });
});

describe('the dashboard', () => {
  const graphs = (): readonly Widget[] => all.dashboard.filter(({ type }) => type === 'metric');

  test('shows the state of every alarm', () => {
    const [status] = all.dashboard.filter(({ type }) => type === 'alarm');
    const shown = status?.properties.alarms?.map((arn) => arn.slice(arn.lastIndexOf(':') + 1));
    assert.deepEqual([...(shown ?? [])].sort(), all.alarms.map(({ AlarmName }) => AlarmName).sort());
  });

  test('asks for what is deployed and measured, of all main repositories', () => {
    const seen = new Set<string>();
    for (const { properties } of graphs())
      for (const [namespace, metric, ...rest] of properties.metrics ?? []) {
        const about = new Map<string, string>();
        for (let at = 0; at + 1 < rest.length; at += 2) about.set(`${rest[at]}`, `${rest[at + 1]}`);
        const deployment = [...about.values()].some((name) => /^(?:gitferry-)?prod-data\b/u.test(name))
          ? 'prod-data'
          : 'prod';
        assertMeasured(`${namespace}`, `${metric}`, about, deployment);
        seen.add(`${metric} ${deployment}`);
      }
    for (const metric of Object.keys(METRICS).filter((name) => name !== 'WebhooksRefused'))
      for (const deployment of ['prod', 'prod-data'])
        assert.ok(seen.has(`${metric} ${deployment}`), `${metric} ${deployment}`);
  });

  test('lies on its grid, nothing upon anything else, and fits', () => {
    const { dashboard } = all;
    assert.ok(dashboard.length <= 500);
    const cells = new Set<string>();
    for (const { x, y, width, height, properties } of dashboard) {
      assert.ok(x + width <= 24, properties.title);
      for (let column = x; column < x + width; column += 1)
        for (let row = y; row < y + height; row += 1) {
          assert.ok(!cells.has(`${column} ${row}`), properties.title);
          cells.add(`${column} ${row}`);
        }
    }
  });
});
