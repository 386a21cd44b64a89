import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { METRICS } from '../../shared/telemetry/telemetry.ts';
import { sourceFiles } from '../sources.ts';
import { type Alarm, type Deployed, deployed, type Widget } from './deployed.ts';

const ROOT = join(import.meta.dirname, '../..');
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';
/** All that there may be: two main repositories, a copy of the ledger, somebody to tell. */
const EVERYTHING = `{ repository: "https://git.example.org/fleet", bucket: drops, alarm-topic: "${TOPIC}", ledger-bucket: records,
  repositories: [{ name: data, repository: "https://git.example.org/data", bucket: data-drops }] }`;

const MOST = { each: 9, shared: 5 };

let all: Deployed;
let page: string;
before(async () => {
  [all, page] = await Promise.all([deployed(EVERYTHING), readFile(join(ROOT, 'docs/operations.md'), 'utf8')]);
});

const ownName = ({ AlarmName }: Alarm): string => AlarmName.replace(/^gitferry-prod-(?:data-)?/u, '');
const metricsOf = ({ Metrics, Namespace, MetricName, Dimensions }: Alarm) =>
  Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [{ Namespace, MetricName, Dimensions }];

/** What stands below a heading, up to the next one of its level or above. */
function section(heading: string): string {
  const [, level = ''] = /^(#+) /u.exec(heading) ?? [];
  const from = page.indexOf(`\n${heading}\n`);
  assert.notEqual(from, -1, `there is no ${heading}`);
  const rest = page.slice(from + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'mu'));
  return end === -1 ? rest : rest.slice(0, end);
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

  test('look at what is deployed and measured, and say what silence means', () => {
    for (const alarm of all.alarms) {
      assert.match(`${alarm.TreatMissingData}`, /^(?:notBreaching|breaching)$/u, alarm.AlarmName);
      for (const { Namespace, MetricName = '', Dimensions = [] } of metricsOf(alarm)) {
        const told = new Map(Dimensions.map(({ Name, Value }) => [Name, Value]));
        if (Namespace === 'gitferry') {
          assert.ok(MetricName in METRICS, MetricName);
          assert.deepEqual([...told.keys()], ['service', 'deployment']);
        } else {
          const name = told.get('QueueName') ?? told.get('FunctionName') ?? '';
          assert.ok(all.names.has(name), `${alarm.AlarmName} looks at ${name}`);
        }
      }
    }
  });

  test('tell the topic when they begin and when they end; nobody, where none is named', async () => {
    for (const { AlarmActions, OKActions } of all.alarms)
      assert.deepEqual([AlarmActions, OKActions], [[TOPIC], [TOPIC]]);
    const { alarms } = await deployed('{}');
    for (const alarm of alarms) assert.ok(!('AlarmActions' in alarm) && !('OKActions' in alarm), alarm.AlarmName);
    assert.deepEqual(
      alarms.filter((alarm) => ownName(alarm) === 'archive-fails'),
      [],
      'nothing is archived',
    );
  });
});

describe('what is measured', () => {
  test('stands on the page, with its unit, and is measured by the function that the page names', async () => {
    const rows = [...section('## Metrics').matchAll(/^\| `(\w+)` \| (\w+) \| (\w+) \|/gmu)];
    const units = new Map(rows.map(([, name = '', , unit]) => [name, unit]));
    assert.deepEqual(Object.fromEntries(units), { ...METRICS, ColdStart: 'Count' });
    for (const [, name = '', service = ''] of rows.filter(([, one]) => one !== 'ColdStart')) {
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
        const told = new Map<unknown, unknown>();
        for (let at = 0; at + 1 < rest.length; at += 2) told.set(rest[at], rest[at + 1]);
        if (namespace === 'gitferry') {
          assert.ok(`${metric}` in { ...METRICS, ColdStart: '' }, `${metric}`);
          assert.ok(['prod', 'prod-data'].includes(`${told.get('deployment')}`));
          seen.add(`${metric} ${told.get('deployment')}`);
        } else assert.ok(all.names.has(`${told.get('QueueName') ?? told.get('FunctionName')}`), JSON.stringify(rest));
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
