import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}
interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly Dimension[];
}

/** One of what an alarm computes with, or the expression that it computes. */
interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: Metric; readonly Period: number; readonly Stat: string };
}

export interface Alarm extends Partial<Metric> {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly string[];
  readonly OKActions?: readonly string[];
  readonly TreatMissingData?: string;
  readonly Metrics?: readonly Query[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
}

/** A metric that an alarm looks at, of what, and how. */
export interface Watched {
  readonly id: string;
  readonly namespace: string;
  readonly metric: string;
  readonly about: ReadonlyMap<string, string>;
  readonly statistic: string;
  readonly period: number;
}

export interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
  };
}

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
type Part<T> = (serverless: unknown) => Promise<T>;
type Parts<T> = Readonly<Record<string, Part<T>>>;

const { functions, resources } = createRequire(import.meta.url)('../../infra/deployment.cjs') as {
  functions: Parts<Readonly<Record<string, { readonly name?: string }>>>;
  resources: Parts<{ readonly Resources: Readonly<Record<string, Resource>> }>;
};

/** The name that an alarm has in the runbook. */
export function ownName({ AlarmName }: Alarm): string {
  return AlarmName.replace(/^gitferry-prod-(?:data-)?/u, '');
}

export function watchedBy(alarm: Alarm): readonly Watched[] {
  const { Namespace = '', MetricName = '', Dimensions = [], Statistic, ExtendedStatistic, Period = 0 } = alarm;
  const single = { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: Statistic ?? ExtendedStatistic ?? '' };
  const queries = alarm.Metrics ?? [{ Id: '', MetricStat: single }];
  return queries.flatMap(({ Id, MetricStat }) => {
    if (MetricStat === undefined) return [];
    const { Metric, Period, Stat } = MetricStat;
    const about = new Map(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
    const { Namespace: namespace, MetricName: metric } = Metric;
    return [{ id: Id, namespace, metric, about, statistic: Stat, period: Period }];
  });
}

/** What of a deployment is looked at. */
export interface Deployed {
  readonly alarms: readonly Alarm[];
  readonly dashboard: readonly Widget[];
  /** Their names. */
  readonly queues: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
}

export const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';

/** All that there may be: two main repositories, clusters, a copy of the ledger, somebody to tell. */
export const EVERYTHING = `{ repository: "https://git.example.org/fleet", bucket: drops, alarm-topic: "${TOPIC}",
  clusters: "eks:production", ledger-bucket: records,
  repositories: [{ name: data, repository: "https://git.example.org/data", bucket: data-drops }] }`;

/** The stage `prod` with these parameters, as text of serverless.params.yml. */
export async function deployed(parameters: string): Promise<Deployed> {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-alarms-'));
  try {
    const paramFile = join(folder, 'params.yml');
    await writeFile(paramFile, `prod: ${parameters}`);
    const serverless = { options: { stage: 'prod', paramFile } };
    const made = await Promise.all(Object.values(resources).map((part) => part(serverless)));
    const all = made.flatMap(({ Resources }) => Object.values(Resources));
    const of = (type: string) => all.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
    const [board] = of('AWS::CloudWatch::Dashboard') as unknown as readonly [{ DashboardBody: { 'Fn::Sub': string } }];
    const entries = (await Promise.all(Object.values(functions).map((part) => part(serverless)))).flatMap(
      Object.entries,
    );
    return {
      alarms: of('AWS::CloudWatch::Alarm') as unknown as readonly Alarm[],
      dashboard: JSON.parse(board.DashboardBody['Fn::Sub']).widgets,
      queues: new Set(of('AWS::SQS::Queue').map(({ QueueName }) => `${QueueName}`)),
      functions: new Set(entries.map(([key, { name }]) => name ?? `gitferry-prod-${key}`)),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
