import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Retryable } from '../errors.ts';
import type { Change } from './change.ts';
import { formatChange } from './own.ts';

const PER_CALL = 10;

/**
 * Sends changes to a changes queue, a message each; to several, all to each. Throws Retryable QueueUnavailable when one does
 * not take them all.
 */
export function sender(client: SQSClient, ...urls: readonly string[]): (changes: readonly Change[]) => Promise<void> {
  return async (changes) => {
    for (let at = 0; at < changes.length; at += PER_CALL) {
      const entries = changes
        .slice(at, at + PER_CALL)
        .map((change, index) => ({ Id: `${index}`, MessageBody: formatChange(change) }));
      const calls = urls.map((QueueUrl) => client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries })));
      const answers = await Promise.all(calls).catch((cause: unknown) => {
        throw new Retryable('QueueUnavailable', 'The changes queue did not answer as it should.', { cause });
      });
      const failed = answers.flatMap(({ Failed = [] }) => Failed);
      if (failed.length > 0)
        throw new Retryable('QueueUnavailable', `The changes queue refused ${failed.length} messages.`);
    }
  };
}
