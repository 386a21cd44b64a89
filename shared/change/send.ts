import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Retryable } from '../errors.ts';
import type { Change } from './change.ts';
import { formatChange } from './own.ts';

const PER_CALL = 10;

/** Sends changes to the changes queue, a message each. Throws Retryable QueueUnavailable when it does not take them all. */
export function sender(client: SQSClient, url: string): (changes: readonly Change[]) => Promise<void> {
  return async (changes) => {
    for (let at = 0; at < changes.length; at += PER_CALL) {
      const entries = changes.slice(at, at + PER_CALL);
      const { Failed = [] } = await client
        .send(
          new SendMessageBatchCommand({
            QueueUrl: url,
            Entries: entries.map((change, index) => ({ Id: `${index}`, MessageBody: formatChange(change) })),
          }),
        )
        .catch((cause: unknown) => {
          throw new Retryable('QueueUnavailable', 'The changes queue did not answer as it should.', { cause });
        });
      if (Failed.length > 0)
        throw new Retryable('QueueUnavailable', `The changes queue refused ${Failed.length} messages.`);
    }
  };
}
