import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { each } from './each.ts';

/** A message of the changes queue, as Lambda hands it over or as a drain receives it. */
export interface Message {
  readonly id: string;
  readonly body: string;
  readonly receipt: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly sent: number;
  /** How many times it was received, this time included. */
  readonly received: number;
}

/** The changes queue. */
export interface Queue {
  /** Up to so many messages that wait there now. */
  drain(most: number): Promise<Message[]>;
  remove(messages: readonly Message[]): Promise<void>;
  /** Hides a message for so many seconds. */
  postpone(message: Message, seconds: number): Promise<void>;
}

/** What SQS takes and gives in one call. */
const PER_CALL = 10;
const RECEIVERS = 5;

export function sqsQueue(client: SQSClient, url: string): Queue {
  async function receive(): Promise<Message[]> {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: PER_CALL,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
      }),
    );
    return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '', Attributes }) => ({
      id: MessageId,
      body: Body,
      receipt: ReceiptHandle,
      sent: Number(Attributes?.SentTimestamp ?? Date.now()),
      received: Number(Attributes?.ApproximateReceiveCount ?? 1),
    }));
  }

  return {
    async drain(most) {
      const messages: Message[] = [];
      while (most - messages.length >= PER_CALL) {
        const calls = Math.min(RECEIVERS, Math.floor((most - messages.length) / PER_CALL));
        const received = (await Promise.all(Array.from({ length: calls }, receive))).flat();
        messages.push(...received);
        if (received.length === 0) break;
      }
      return messages;
    },

    async remove(messages) {
      const batches = Array.from({ length: Math.ceil(messages.length / PER_CALL) }, (_, index) =>
        messages.slice(index * PER_CALL, (index + 1) * PER_CALL),
      );
      await each(batches, (batch) =>
        client.send(
          new DeleteMessageBatchCommand({
            QueueUrl: url,
            Entries: batch.map(({ receipt }, index) => ({ Id: `${index}`, ReceiptHandle: receipt })),
          }),
        ),
      );
    },

    async postpone({ receipt }, seconds) {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: seconds }),
      );
    },
  };
}
