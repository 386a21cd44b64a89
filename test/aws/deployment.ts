import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CloudFormationClient,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import {
  type ObjectLockConfiguration,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DOORS } from '../../functions/receive/doors.ts';
import { ACCOUNT, REGION } from '../../infra/local/definitions.ts';
import { CREDENTIALS } from '../../infra/local/queues.ts';
import type { Files } from '../servers/git-repository.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { type Checkout, checkOut } from './checkout.ts';
import { type Moto, startMoto } from './moto.ts';
import { ofType } from './template.ts';

export const STAGE = 'production';
export const STACK = `gitferry-${STAGE}`;
export const BUCKET = 'releases';
const WAITING = 'ApproximateNumberOfMessages';
const READ = 'ApproximateNumberOfMessagesNotVisible';
/** Of every door of `receive`. */
export const WEBHOOK_SECRET = 'a-secret-of-the-tests';

const TLS = new URL('../fixtures/tls/', import.meta.url);
/** Lets in to the main repository. */
export const TOKEN = 'a-token-of-the-tests';

/** A further main repository, which takes what comes to a bucket that was there before the deployment. */
export const FURTHER = { name: 'data', bucket: 'data-releases' };

/** What a deployment needs around it: AWS as moto plays it with gitferry's secrets, and the main repository on a Git server. */
export interface Place extends AsyncDisposable {
  readonly moto: Moto;
  readonly git: GitServer;
  /** That of the further main repository, where there is one. */
  readonly further: GitServer | null;
  readonly checkout: Checkout;
  /** Of logs, and of what functions run in. */
  readonly folder: string;
  readonly aws: Clients;
  /** What leads functions to this place, beside what their template says. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `serverless deploy`; answers what it said. */
  deploy(parameters?: Readonly<Record<string, string>>): Promise<string>;
  /** Does to buckets what their template says, which moto makes and leaves as they are by default. */
  finishBuckets(): Promise<void>;
  resources(): Promise<readonly StackResourceSummary[]>;
  /** The address of a queue of the deployment, `changes`. */
  queue(name: string): string;
  /** About how many of its messages wait, and how many are being read. */
  depth(name: string): Promise<readonly [waiting: number, read: number]>;
}

interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly dynamo: DynamoDBClient;
  readonly ecr: ECRClient;
  readonly events: EventBridgeClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly sqs: SQSClient;
}

function clientsOf(endpoint: string): Clients {
  const options = { endpoint, region: REGION, credentials: CREDENTIALS };
  return {
    cloudFormation: new CloudFormationClient(options),
    dynamo: new DynamoDBClient(options),
    ecr: new ECRClient(options),
    events: new EventBridgeClient(options),
    lambda: new LambdaClient(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    secrets: new SecretsManagerClient(options),
    sqs: new SQSClient(options),
  };
}

/** A Git server that lets in whoever has the token, over TLS. */
async function serve(files: Files, token: string): Promise<GitServer> {
  const pem = (name: string): Promise<string> => readFile(new URL(name, TLS), 'utf8');
  return startGitServer(files, {
    tls: { key: await pem('server.key'), cert: await pem('server.pem') },
    authorization: `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`,
  });
}

/** `files`, `furtherFiles`: the first commits of the main repository, and of a further one with credentials of its own. */
export async function startPlace(files: Files, furtherFiles: Files | null = null): Promise<Place> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-aws-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const moto = await startMoto(folder);
  started.defer(() => moto.stop());
  const tokens = { first: TOKEN, further: 'another-token' };
  const git = await serve(files, tokens.first);
  started.defer(() => git.close());
  const further = furtherFiles === null ? null : await serve(furtherFiles, tokens.further);
  started.defer(() => further?.close());
  const aws = clientsOf(moto.url);
  started.defer(() => {
    for (const client of Object.values(aws)) client.destroy();
  });
  const repositories = further === null ? [] : [{ ...FURTHER, repository: further.url, 'create-bucket': 'false' }];
  const checkout = started.use(await checkOut({ parameters: { repositories }, environment: moto.environment }));
  const secrets = {
    git: { token: tokens.first },
    'git-read': { token: tokens.first },
    'data/git': { token: tokens.further },
    'data/git-read': { token: tokens.further },
    webhooks: Object.fromEntries([...DOORS.keys()].map((door) => [door, WEBHOOK_SECRET])),
  };
  for (const [name, value] of Object.entries(secrets))
    await aws.secrets.send(
      new CreateSecretCommand({ Name: `gitferry/${STAGE}/${name}`, SecretString: JSON.stringify(value) }),
    );

  const queue = (name: string): string => `${moto.url}/${ACCOUNT}/${STACK}-${name}`;
  const place = {
    moto,
    git,
    further,
    checkout,
    folder,
    aws,
    environment: { ...moto.environment, NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('ca.pem', TLS)) },
    async deploy(parameters: Readonly<Record<string, string>> = {}) {
      const all = { repository: git.url, bucket: BUCKET, ...parameters };
      return checkout.serverless(
        ...['deploy', '--stage', STAGE],
        ...Object.entries(all).map(([name, value]) => `--param=${name}=${value}`),
      );
    },
    finishBuckets: () => finishBuckets(checkout, aws.s3),
    queue,
    async depth(name: string): Promise<readonly [number, number]> {
      const command = new GetQueueAttributesCommand({ QueueUrl: queue(name), AttributeNames: [WAITING, READ] });
      const { Attributes = {} } = await aws.sqs.send(command);
      return [Number(Attributes[WAITING]), Number(Attributes[READ])];
    },
    async resources() {
      const pages = paginateListStackResources({ client: aws.cloudFormation }, { StackName: STACK });
      return (await Array.fromAsync(pages)).flatMap(({ StackResourceSummaries = [] }) => StackResourceSummaries);
    },
  };
  const running = started.move();
  return { ...place, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface Lock {
  readonly ObjectLockEnabled: 'Enabled';
  readonly Rule: { readonly DefaultRetention: { readonly Mode: 'COMPLIANCE'; readonly Days: string } };
}

/** Parameters are texts, also those that are numbers. */
function lockOf({ Rule: { DefaultRetention }, ...lock }: Lock): ObjectLockConfiguration {
  return { ...lock, Rule: { DefaultRetention: { ...DefaultRetention, Days: Number(DefaultRetention.Days) } } };
}

async function finishBuckets(checkout: Checkout, s3: S3Client): Promise<void> {
  const properties = ofType(await checkout.template(), 'AWS::S3::Bucket').map(([, { Properties }]) => Properties);
  for (const {
    BucketName,
    VersioningConfiguration,
    NotificationConfiguration,
    ObjectLockConfiguration,
  } of properties as readonly {
    BucketName?: string;
    VersioningConfiguration?: { Status: 'Enabled' };
    NotificationConfiguration?: { EventBridgeConfiguration?: object };
    ObjectLockConfiguration?: Lock;
  }[]) {
    if (BucketName === undefined) continue;
    const Bucket = BucketName;
    if (VersioningConfiguration !== undefined)
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    if (ObjectLockConfiguration !== undefined)
      await s3.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: lockOf(ObjectLockConfiguration),
        }),
      );
    if (NotificationConfiguration?.EventBridgeConfiguration !== undefined)
      await s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket,
          NotificationConfiguration: { EventBridgeConfiguration: {} },
        }),
      );
  }
}
