import { readFile } from 'node:fs/promises';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { ACCOUNT, REGION } from '../../infra/local/definitions.ts';
import { CREDENTIALS } from '../../infra/local/queues.ts';
import { BUCKET, FURTHER, type Place, STACK } from './deployment.ts';

const FORWARD = new URL('../../infra/forward.yml', import.meta.url);

export const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:people`;
const PEOPLE = `arn:aws:sqs:${REGION}:${ACCOUNT}:people`;
/** A queue that the further repository's bucket tells of uploads, since before there was a deployment. */
export const OTHERS = `arn:aws:sqs:${REGION}:${ACCOUNT}:others`;

/** A topic that tells a queue; answers the queue's address. */
export async function peopleAt({ moto, aws }: Place): Promise<string> {
  const sns = new SNSClient({ endpoint: moto.url, region: REGION, credentials: CREDENTIALS });
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'people' }));
  const { QueueUrl = '' } = await aws.sqs.send(new CreateQueueCommand({ QueueName: 'people' }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: PEOPLE }));
  sns.destroy();
  return QueueUrl;
}

/** The further repository's bucket, which tells another queue of uploads. */
export async function bucketInUse({ aws }: Place): Promise<void> {
  const { bucket: Bucket } = FURTHER;
  await aws.sqs.send(new CreateQueueCommand({ QueueName: 'others' }));
  await aws.s3.send(new CreateBucketCommand({ Bucket }));
  const told = { QueueArn: OTHERS, Events: ['s3:ObjectCreated:*' as const] };
  await aws.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { QueueConfigurations: [told] },
    }),
  );
}

/** Deploys infra/forward.yml in another region; answers what puts events there. */
export async function forwardFrom(region: string, { moto }: Place): Promise<EventBridgeClient> {
  const options = { endpoint: moto.url, region, credentials: CREDENTIALS };
  const cloudFormation = new CloudFormationClient(options);
  const parameters = { Bus: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/${STACK}`, Bucket: BUCKET };
  await cloudFormation.send(
    new CreateStackCommand({
      StackName: 'gitferry-forward',
      TemplateBody: await readFile(FORWARD, 'utf8'),
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  cloudFormation.destroy();
  return new EventBridgeClient(options);
}
