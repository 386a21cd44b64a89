import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { REGION } from '../../infra/local/definitions.ts';
import { type Endpoint, startEndpoint } from '../../infra/local/endpoint.ts';
import { CREDENTIALS, Queues } from '../../infra/local/queues.ts';

const ARN = 'arn:aws:sqs:us-east-1:000000000000:looks';

let endpoint: Endpoint;
let queues: Queues;
let client: SQSClient;
before(async () => {
  endpoint = await startEndpoint({ port: 0, onChange: async () => {}, modified: () => null, putEvents: () => ({}) });
  queues = new Queues(endpoint.url);
  client = new SQSClient({ endpoint: endpoint.url, region: REGION, credentials: CREDENTIALS });
  await queues.create({ name: 'looks', arn: ARN, attributes: {} });
});
after(async () => {
  client.destroy();
  queues.close();
  await endpoint.close();
});

const send = (MessageBody: string, DelaySeconds: number) =>
  client.send(new SendMessageCommand({ QueueUrl: queues.urlOfArn(ARN), MessageBody, DelaySeconds }));

it('a message that is due later is not on its way, and comes when it is due', async () => {
  await send('in a quarter of an hour', 900);
  assert.equal(await queues.depth(ARN), 0);
  await send('in a second', 1);
  assert.equal(await queues.depth(ARN), 0);
  const { signal } = new AbortController();
  const messages = await queues.receive(ARN, 10, signal);
  assert.deepEqual(
    messages.map(({ Body }) => Body),
    ['in a second'],
  );
  assert.equal(await queues.depth(ARN), 1, 'it was received, and not deleted');
  await queues.delete(ARN, messages);
  assert.equal(await queues.depth(ARN), 0);
});
