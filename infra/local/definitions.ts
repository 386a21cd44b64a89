import type * as z from 'zod';
import {
  Bucket,
  Bus,
  DEFAULT_BUS,
  FunctionShape,
  Queue,
  RESOURCES,
  type Resource,
  Rule,
  Service,
  Table,
} from './shapes.ts';
import { type Names, resolve } from './template.ts';
import { readService, type Variables } from './variables.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

/** What reads a queue for a function: Lambda's event source mapping. */
export interface QueueSource {
  readonly queueArn: string;
  readonly batchSize: number;
  readonly reportsFailures: boolean;
  readonly concurrency: number;
}

export interface FunctionDefinition {
  readonly name: string;
  /** The file that exports the handler, from the root, without its ending. */
  readonly file: string;
  readonly arn: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeout: number;
  /** MiB. */
  readonly memory: number;
  /** Whether it has an address of its own. */
  readonly url: boolean;
  readonly queues: readonly QueueSource[];
  /** Milliseconds between two invocations by schedule. */
  readonly schedules: readonly number[];
}

export interface QueueDefinition {
  readonly name: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** As DynamoDB's CreateTable takes it. */
export type TableDefinition = Pick<
  z.infer<typeof Table>,
  'TableName' | 'BillingMode' | 'AttributeDefinitions' | 'KeySchema'
>;

/** What an event that arrives on a bus and matches the pattern is sent to. */
export interface RuleDefinition {
  readonly bus: string;
  readonly pattern: unknown;
  readonly targets: readonly string[];
}

/** The deployment, read from the files that are deployed. */
export interface Definitions {
  readonly functions: readonly FunctionDefinition[];
  readonly queues: readonly QueueDefinition[];
  readonly tables: readonly TableDefinition[];
  readonly buses: readonly string[];
  readonly rules: readonly RuleDefinition[];
  /** Buckets that tell the default bus what happens in them. */
  readonly buckets: readonly string[];
  /** Those that tell nobody. */
  readonly silentBuckets: readonly string[];
}

/**
 * Reads what is deployed. `queueUrl` says where a queue of that name will answer. Throws on every resource, event or
 * property whose meaning the embedded run does not know, rather than leave it out.
 */
export async function readDefinitions(
  root: string,
  variables: Variables,
  queueUrl: (name: string) => string,
): Promise<Definitions> {
  const service = Service.parse(await readService(root, variables));
  const resources = new Map(service.resources.flatMap((part) => Object.entries(part.Resources)));
  const names = namesOf(resources, queueUrl);

  const of = <T>(type: string, schema: z.ZodType<T>): T[] =>
    [...resources.values()]
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => schema.parse(resolve(Properties, names)));

  for (const [id, { Type }] of resources)
    if (!RESOURCES.has(Type)) throw new Error(`The embedded run does not know what ${id}, ${Type}, does.`);

  const functions = service.functions.flatMap((part) => Object.entries(part));
  const parsed = functions.map(
    ([name, { iamRoleStatements: _, iamRoleStatementsName: __, name: ___, ...definition }]) => {
      const environment = { ...service.provider.environment, ...definition.environment };
      return [name, FunctionShape.parse(resolve({ ...definition, environment }, names))] as const;
    },
  );

  const buckets = of('AWS::S3::Bucket', Bucket);
  const named = (tell: boolean): string[] =>
    buckets.flatMap(({ BucketName, NotificationConfiguration: told }) =>
      (told !== undefined) === tell ? [BucketName] : [],
    );
  return {
    functions: parsed.map(([name, definition]) => functionOf(name, definition)),
    queues: of('AWS::SQS::Queue', Queue).map((queue) => ({
      name: queue.QueueName,
      arn: queueArn(queue.QueueName),
      attributes: attributesOf(queue),
    })),
    tables: of('AWS::DynamoDB::Table', Table).map(
      ({ TimeToLiveSpecification: _, PointInTimeRecoverySpecification: __, ...table }) => table,
    ),
    buses: [DEFAULT_BUS, ...of('AWS::Events::EventBus', Bus).map(({ Name }) => Name)],
    rules: [
      ...of('AWS::Events::Rule', Rule).map(({ EventBusName, EventPattern, Targets }) => ({
        bus: EventBusName,
        pattern: EventPattern,
        targets: Targets.map(({ Arn }) => Arn),
      })),
      ...parsed.flatMap(([name, { events }]) =>
        events.flatMap((event) =>
          'eventBridge' in event
            ? [{ bus: event.eventBridge.eventBus, pattern: event.eventBridge.pattern, targets: [functionArn(name)] }]
            : [],
        ),
      ),
    ],
    buckets: named(true),
    silentBuckets: named(false),
  };
}

const queueArn = (name: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;

function functionOf(name: string, definition: z.infer<typeof FunctionShape>): FunctionDefinition {
  return {
    name,
    file: definition.handler.replace(/\.handler$/u, ''),
    arn: functionArn(name),
    environment: definition.environment,
    timeout: definition.timeout,
    memory: definition.memorySize,
    url: definition.url ?? false,
    queues: definition.events.flatMap((event) =>
      'sqs' in event
        ? [
            {
              queueArn: event.sqs.arn,
              batchSize: event.sqs.batchSize,
              reportsFailures: event.sqs.functionResponseType !== undefined,
              concurrency: event.sqs.maximumConcurrency,
            },
          ]
        : [],
    ),
    schedules: definition.events.flatMap((event) => ('schedule' in event ? [rate(event.schedule)] : [])),
  };
}

/** `rate(15 minutes)` in milliseconds. */
function rate(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/u.exec(expression) ?? [];
  const milliseconds = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[unit ?? ''];
  if (milliseconds === undefined) throw new Error(`The embedded run does not know the schedule ${expression}.`);
  return Number(count) * milliseconds;
}

function attributesOf({ QueueName: _, SqsManagedSseEnabled: __, RedrivePolicy, ...attributes }: z.infer<typeof Queue>) {
  return {
    ...(attributes as Record<string, string>),
    ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
  };
}

/** What `Ref` and `GetAtt` give for the kinds of resources that are known. */
function namesOf(resources: ReadonlyMap<string, Resource>, queueUrl: (name: string) => string): Names {
  const nameOf = (id: string): { type: string; name: string } => {
    const { Type: type = 'none', Properties = {} } = resources.get(id) ?? {};
    return {
      type,
      name: String(Properties.QueueName ?? Properties.BucketName ?? Properties.TableName ?? Properties.Name ?? id),
    };
  };
  return {
    ref: (id) => {
      const { type, name } = nameOf(id);
      if (type === 'AWS::SQS::Queue') return queueUrl(name);
      if (['AWS::Events::EventBus', 'AWS::S3::Bucket', 'AWS::DynamoDB::Table'].includes(type)) return name;
      throw new Error(`The embedded run does not know what !Ref ${id} (${type}) stands for.`);
    },
    attribute: (id, attribute) => {
      const { type, name } = nameOf(id);
      if (attribute === 'Arn' && type === 'AWS::SQS::Queue') return queueArn(name);
      if (attribute === 'Arn' && type === 'AWS::Events::EventBus')
        return `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/${name}`;
      throw new Error(`The embedded run does not know what !GetAtt ${id}.${attribute} (${type}) stands for.`);
    },
  };
}
