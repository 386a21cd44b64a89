// What of `serverless.yml` and its files is understood; a property that is not stands in the way of a start.
import * as z from 'zod';

/** The bus that AWS's own services tell. */
export const DEFAULT_BUS = 'default';

const text = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

export const Queue = z.strictObject({
  QueueName: z.string(),
  VisibilityTimeout: text.optional(),
  MessageRetentionPeriod: text.optional(),
  SqsManagedSseEnabled: z.boolean().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() }).optional(),
});
export const Bus = z.strictObject({ Name: z.string() });
export const Rule = z.strictObject({
  Description: z.string().optional(),
  EventBusName: z.string().default(DEFAULT_BUS),
  EventPattern: z.unknown(),
  Targets: z.array(z.strictObject({ Id: z.string(), Arn: z.string() })),
});
export const Bucket = z.object({
  BucketName: z.string(),
  NotificationConfiguration: z
    .strictObject({ EventBridgeConfiguration: z.strictObject({ EventBridgeEnabled: z.literal(true) }) })
    .optional(),
});
export const Table = z.strictObject({
  TableName: z.string(),
  BillingMode: z.literal('PAY_PER_REQUEST'),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema: z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })),
  /** Here nothing is swept: what expired stays, and the functions must not see it. */
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: z.literal(true) }).optional(),
  PointInTimeRecoverySpecification: z.strictObject({ PointInTimeRecoveryEnabled: z.literal(false) }).optional(),
});
/**
 * The types that are carried out, those that only say who may do what, since here everything belongs to one person, and those
 * that watch, since here somebody looks on.
 */
export const RESOURCES: ReadonlySet<string> = new Set([
  'AWS::SQS::Queue',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::S3::Bucket',
  'AWS::DynamoDB::Table',
  'AWS::SQS::QueuePolicy',
  'AWS::S3::BucketPolicy',
  'AWS::Events::EventBusPolicy',
  'AWS::KMS::Key',
  'AWS::KMS::Alias',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
]);

export const Resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()),
});
export type Resource = z.infer<typeof Resource>;

const Event = z.union([
  z.strictObject({
    sqs: z.strictObject({
      arn: z.string(),
      batchSize: z.int(),
      functionResponseType: z.literal('ReportBatchItemFailures').optional(),
      maximumConcurrency: z.int(),
    }),
  }),
  z.strictObject({ schedule: z.string() }),
  z.strictObject({ eventBridge: z.strictObject({ eventBus: z.string(), pattern: z.unknown() }) }),
]);
export const FunctionShape = z.strictObject({
  handler: z.string(),
  description: z.string(),
  timeout: z.int(),
  memorySize: z.int(),
  /** Only without an authorizer: here it is anyone’s as well. */
  url: z.literal(true).optional(),
  /** The run has room for all of them. */
  reservedConcurrency: z.int().optional(),
  /** Where an event goes that was tried in vain: here it is told of, and that is all. */
  destinations: z.strictObject({ onFailure: z.strictObject({ type: z.literal('sqs'), arn: z.string() }) }).optional(),
  environment: z.record(z.string(), text).default({}),
  events: z.array(Event),
});
const Part = z.strictObject({
  Resources: z.record(z.string(), Resource),
});
export const Service = z.looseObject({
  provider: z.looseObject({ environment: z.record(z.string(), z.unknown()).default({}) }),
  functions: z.array(
    z.record(
      z.string(),
      z.looseObject({
        environment: z.record(z.string(), z.unknown()).default({}),
        iamRoleStatements: z.array(z.unknown()),
      }),
    ),
  ),
  resources: z.array(Part),
});
