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

/** So many pages one after the other that bring nothing new: what was read first is already shown again. */
const STALE = 3;

/**
 * Reads up to so many letters and leaves them where they are. SQS has no way to look at a message without receiving it, so
 * each is hidden for a moment, and counted once more.
 */
export async function peek(sqs: SQSClient, queue: DeadQueue, most: number): Promise<readonly Letter[]> {
  const found = new Map<string, Letter>();
  try {
    for (let stale = 0; stale < STALE; ) {
      const before = found.size;
      const page = await receive(sqs, queue, Math.min(PER_CALL, most - before));
      for (const letter of page) found.set(letter.id, letter);
      if (page.length === 0 || found.size >= most) break;
      stale = found.size === before ? stale + 1 : 0;
    }
    return [...found.values()];
  } finally {
    await putBack(sqs, queue, [...found.values()]);
  }
}

async function receive(sqs: SQSClient, queue: DeadQueue, MaxNumberOfMessages: number): Promise<readonly Letter[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages,
      VisibilityTimeout: HIDDEN,
      // Without waiting, SQS asks some of its servers alone.
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages.map((message) => letterOf(queue, message));
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

/** What became of letters: how many were taken, and the ids of those that nothing could be done with. */
export interface Taken {
  readonly taken: number;
  readonly left: readonly string[];
}

/**
 * Does something with each letter of these ids, or with all, and deletes it after that: what ends between the two leaves a
 * duplicate, which is harmless. One of which `work` says false stays. All that stay are shown again.
 */
export async function takeEach(
  sqs: SQSClient,
  queue: DeadQueue,
  ids: ReadonlySet<string> | null,
  work: (letter: Letter) => Promise<boolean>,
): Promise<Taken> {
  const [done, left, staying] = [new Set<string>(), new Set<string>(), new Map<string, Letter>()];
  try {
    for (let stale = 0; stale < STALE && (ids === null || done.size + left.size < ids.size); ) {
      const page = await receive(sqs, queue, PER_CALL);
      if (page.length === 0) break;
      const isNew = page.some(({ id }) => !done.has(id) && !staying.has(id));
      stale = isNew ? 0 : stale + 1;
      for (const letter of page) staying.set(letter.id, letter);
      for (const letter of page) {
        const { id, message } = letter;
        // What was done already is there once more: SQS may hand out a message twice.
        if (!done.has(id)) {
          if (left.has(id) || ids?.has(id) === false) continue;
          if (!(await work(letter))) {
            left.add(id);
            continue;
          }
          done.add(id);
        }
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: message.ReceiptHandle }));
        staying.delete(id);
      }
    }
    return { taken: done.size, left: [...left] };
  } finally {
    await putBack(sqs, queue, [...staying.values()]);
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
