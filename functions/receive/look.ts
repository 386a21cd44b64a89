import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Retryable } from '../../shared/errors.ts';
import { formatLook, type LookNow } from '../../shared/notice/look.ts';

/** Sends looks to the looks queue of every main repository. Throws Retryable QueueUnavailable when one does not take it. */
export function lookSender(client: SQSClient, ...urls: readonly string[]): (look: LookNow) => Promise<void> {
  return async (look) => {
    const sent = urls.map((QueueUrl) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody: formatLook(look) })),
    );
    await Promise.all(sent).catch((cause: unknown) => {
      throw new Retryable('QueueUnavailable', 'The looks queue did not answer as it should.', { cause });
    });
  };
}
