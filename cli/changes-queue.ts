import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { findRunning, localAws } from './running.ts';

/** Sends a body to the changes queue: of AWS by its url, with the ordinary credentials, else of the stack that runs here. */
export async function sendToChanges(body: string, queue?: string): Promise<void> {
  const { client, url } = queue === undefined ? await runningQueue() : { client: new SQSClient({}), url: queue };
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
}

async function runningQueue(): Promise<{ readonly client: SQSClient; readonly url: string }> {
  const { endpoints, queue } = await findRunning(process.cwd());
  return { client: new SQSClient({ ...localAws, endpoint: endpoints.sqs }), url: queue };
}
