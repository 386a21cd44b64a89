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

export interface Alarm extends Partial<Metric> {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly string[];
  readonly OKActions?: readonly string[];
  readonly TreatMissingData?: string;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: Metric } }[];
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

/** What of a deployment is looked at. */
export interface Deployed {
  readonly alarms: readonly Alarm[];
  readonly dashboard: readonly Widget[];
  /** The names of its queues and functions. */
  readonly names: ReadonlySet<string>;
}

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
    const names = entries.map(([key, { name }]) => name ?? `gitferry-prod-${key}`);
    return {
      alarms: of('AWS::CloudWatch::Alarm') as unknown as readonly Alarm[],
      dashboard: JSON.parse(board.DashboardBody['Fn::Sub']).widgets,
      names: new Set([...names, ...of('AWS::SQS::Queue').map(({ QueueName }) => `${QueueName}`)]),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
