import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Retryable } from '../../shared/errors.ts';
import { formatLook } from '../../shared/notice/look.ts';
import type { Deps } from './follow.ts';

/** The queue that feeds `verify`, as it sends to itself. */
export function looksQueue(client: SQSClient, QueueUrl: string): Deps['later'] {
  return async (look, DelaySeconds) => {
    const command = new SendMessageCommand({ QueueUrl, MessageBody: formatLook(look), DelaySeconds });
    await client.send(command).catch((cause: unknown) => {
      throw new Retryable('QueueUnavailable', 'The looks queue did not answer as it should.', { cause });
    });
  };
}
