import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { addressOf } from '../../../../../shared/notice/outcome.ts';
import { observe } from '../../../../../shared/telemetry/observe.ts';

const bridge = new EventBridgeClient({});
const { log } = observe('mirror', process.env);

/** Tells the bus of every record it was given, in one event; reports those whose key says `fail`, and logs those that say `idle`. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const changes = event.Records.map(({ messageId, body, eventSourceARN }) => {
    const { detail, ...about } = JSON.parse(body);
    const own = about.gitferry === 'change' ? about : undefined;
    return { messageId, eventSourceARN, type: about['detail-type'], own, object: { key: '' }, ...detail };
  });
  if (changes.some(({ object }) => object.key.includes('throw'))) throw new Error('told to throw');
  if (changes.some(({ object }) => object.key.includes('exit'))) process.exit(3);
  const Entries = [
    {
      Source: 'gitferry',
      DetailType: 'Landed',
      EventBusName: process.env.GITFERRY_BUS,
      Detail: JSON.stringify({ changes, seen: Object.keys(process.env).filter((name) => name.startsWith('GITFERRY')) }),
    },
  ];
  await bridge.send(new PutEventsCommand({ Entries }));
  for (const { bucket, object } of changes)
    if (object.key.includes('idle'))
      log('nothing to do', { unit: null, source: addressOf({ bucket: bucket.name, key: object.key }), why: 'told so' });
  const failed = changes.filter(({ object }) => object.key.includes('fail'));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
