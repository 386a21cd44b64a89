import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Retryable } from '../../shared/errors.ts';
import { formatLook, type LookNow } from '../../shared/notice/look.ts';

/** Sends looks to the looks queue. Throws Retryable QueueUnavailable when it does not take one. */
export function lookSender(client: SQSClient, url: string): (look: LookNow) => Promise<void> {
  return async (look) => {
    await client
      .send(new SendMessageCommand({ QueueUrl: url, MessageBody: formatLook(look) }))
      .catch((cause: unknown) => {
        throw new Retryable('QueueUnavailable', 'The looks queue did not answer as it should.', { cause });
      });
  };
}
