import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadQueue } from './queues.ts';

/** A dead letter as it lies in its queue. */
export interface Letter {
  readonly queue: DeadQueue;
  readonly id: string;
  readonly body: string;
  /** When it was sent first; null when the queue does not say. */
  readonly sent: Date | null;
  /** How often it was received, this reading included. */
  readonly received: number;
  readonly message: Message;
}

const PER_CALL = 10;
/** Seconds for which what is read is hidden; it is shown again at once when all are read. */
const HIDDEN = 60;

/**
 * Reads up to so many letters and leaves them where they are. SQS has no way to look at a message without receiving it, so
 * each is hidden for a moment, and counted once more.
 */
export async function peek(sqs: SQSClient, queue: DeadQueue, most: number): Promise<readonly Letter[]> {
  const found = new Map<string, Letter>();
  try {
    for (;;) {
      const { Messages = [] } = await receive(sqs, queue, Math.min(PER_CALL, most - found.size));
      for (const letter of Messages.map((message) => letterOf(queue, message))) found.set(letter.id, letter);
      if (Messages.length === 0 || found.size >= most) return [...found.values()];
    }
  } finally {
    await putBack(sqs, queue, [...found.values()]);
  }
}

function receive(sqs: SQSClient, { url }: DeadQueue, MaxNumberOfMessages: number) {
  return sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages,
      VisibilityTimeout: HIDDEN,
      // Without waiting, SQS asks some of its servers alone.
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
}

function letterOf(queue: DeadQueue, message: Message): Letter {
  const { MessageId: id = '', Body: body = '', Attributes: { SentTimestamp, ApproximateReceiveCount } = {} } = message;
  const sent = SentTimestamp === undefined ? null : new Date(Number(SentTimestamp));
  return { queue, id, body, sent, received: Number(ApproximateReceiveCount ?? 1), message };
}

/** Shows them again to whoever receives. One that is gone meanwhile is nobody's fault. */
async function putBack(sqs: SQSClient, { url }: DeadQueue, letters: readonly Letter[]): Promise<void> {
  for (let from = 0; from < letters.length; from += PER_CALL) {
    const Entries = letters.slice(from, from + PER_CALL).map(({ message }, index) => ({
      Id: String(index),
      ReceiptHandle: message.ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
  }
}

/**
 * Does something with each letter of these ids, and deletes it after that: what ends between the two leaves a duplicate,
 * which is harmless. Returns how many there were; the others are left alone.
 */
export async function takeEach(
  sqs: SQSClient,
  queue: DeadQueue,
  ids: ReadonlySet<string>,
  work: (letter: Letter) => Promise<void>,
): Promise<number> {
  const others: Letter[] = [];
  let taken = 0;
  try {
    while (taken < ids.size) {
      const { Messages = [] } = await receive(sqs, queue, PER_CALL);
      if (Messages.length === 0) return taken;
      for (const letter of Messages.map((message) => letterOf(queue, message))) {
        if (!ids.has(letter.id)) {
          others.push(letter);
          continue;
        }
        await work(letter);
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: letter.message.ReceiptHandle }));
        taken += 1;
      }
    }
    return taken;
  } finally {
    await putBack(sqs, queue, others);
  }
}

/** Sends a letter to another queue, with all that it carries, its trace included. */
export async function forward(sqs: SQSClient, url: string, { body, message }: Letter): Promise<void> {
  const header = message.Attributes?.AWSTraceHeader;
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: url,
      MessageBody: body,
      MessageAttributes: message.MessageAttributes,
      ...(header === undefined
        ? {}
        : { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } } }),
    }),
  );
}
