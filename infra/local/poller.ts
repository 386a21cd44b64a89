import { setTimeout as wait } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { type QueueSource, REGION } from './definitions.ts';
import type { Queues } from './queues.ts';

/** Calls the function; what it returns is the handler's answer. */
export type Invoke = (event: unknown) => Promise<unknown>;

const BatchResponse = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) }).nullish();

/** Milliseconds until a queue that could not be read is asked again. */
const AGAIN = 1000;

/**
 * What Lambda's event source mapping does for a queue: as many batches at once as its concurrency allows, each received,
 * handed to the function, and deleted but for what the function reports as failed; a throw keeps the whole batch.
 */
export class Poller {
  readonly #stop = new AbortController();
  readonly #slots: readonly Promise<void>[];

  constructor(source: QueueSource, queues: Queues, invoke: Invoke, failed: (count: number, why: string) => void) {
    this.#slots = Array.from({ length: source.concurrency }, () => this.#poll(source, queues, invoke, failed));
  }

  /** Takes no more; waits for the batches that are under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#slots);
  }

  async #poll(
    source: QueueSource,
    queues: Queues,
    invoke: Invoke,
    failed: (count: number, why: string) => void,
  ): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const messages = await queues.receive(source.queueArn, Math.min(source.batchSize, 10), signal).catch((error) => {
        if (!signal.aborted) failed(0, `The queue can't be read: ${error}`);
        return null;
      });
      if (messages === null) await wait(AGAIN, null, { signal }).catch(() => null);
      else if (messages.length > 0) await handle(messages, source, queues, invoke, failed);
    }
  }
}

async function handle(
  messages: readonly Message[],
  source: QueueSource,
  queues: Queues,
  invoke: Invoke,
  failed: (count: number, why: string) => void,
): Promise<void> {
  try {
    const answer = await invoke({ Records: messages.map((message) => recordOf(message, source.queueArn)) });
    const failures = source.reportsFailures ? (BatchResponse.parse(answer)?.batchItemFailures ?? []) : [];
    const kept = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
    // An identifier that is not in the batch counts as a failure of all of it, as with Lambda.
    const unknown = [...kept].filter((id) => !messages.some(({ MessageId }) => MessageId === id));
    if (unknown.length > 0) throw new Error(`batchItemFailures names ${unknown.join(', ')}, not in the batch.`);
    await queues.delete(
      source.queueArn,
      messages.filter(({ MessageId = '' }) => !kept.has(MessageId)),
    );
    if (kept.size > 0) failed(kept.size, 'The function reported them as failed.');
  } catch (error) {
    failed(messages.length, error instanceof Error ? error.message : String(error));
  }
}

/** A record of Lambda's SQS event. */
function recordOf(message: Message, queueArn: string): Record<string, unknown> {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue }]) => [
    name,
    { dataType: DataType, stringValue: StringValue },
  ]);
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}
