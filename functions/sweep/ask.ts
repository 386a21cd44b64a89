import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Change } from '../../shared/change/change.ts';
import { formatChange } from '../../shared/change/own.ts';
import { Retryable } from '../../shared/errors.ts';

const PER_CALL = 10;

/** Sends changes to the changes queue. Throws Retryable when it does not take them. */
export function asker(client: SQSClient, url: string): (changes: readonly Change[]) => Promise<void> {
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
