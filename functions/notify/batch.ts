import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { Retryable } from '../../shared/errors.ts';

const LONGEST = 3600;

/** Seconds until what could not be told comes again, by how often it came: 30 s, 1 min, … an hour; no sooner than asked for. */
export function backoff(received: number, error: unknown): number {
  const asked = error instanceof Retryable ? (error.retryAfter ?? 0) : 0;
  return Math.min(LONGEST, Math.max(asked, 30 * 2 ** Math.min(received - 1, 10)));
}

/**
 * Handles each message for itself. One that throws is reported, so that it stays in the queue, and put off, longer each
 * time.
 */
export async function eachMessage(
  { Records }: SQSEvent,
  handle: (event: unknown) => Promise<void>,
  postpone: (receipt: string, seconds: number) => Promise<void>,
  log: (message: string, facts: Readonly<Record<string, unknown>>) => void,
): Promise<SQSBatchResponse> {
  const one = async ({ messageId, body, receiptHandle, attributes }: SQSRecord): Promise<string | null> => {
    try {
      await handle(JSON.parse(body));
      return null;
    } catch (error) {
      const seconds = backoff(Number(attributes.ApproximateReceiveCount), error);
      log('comes again', { messageId, seconds, error });
      await postpone(receiptHandle, seconds).catch((fault: unknown) => log('not put off', { messageId, error: fault }));
      return messageId;
    }
  };
  const failed = await Promise.all(Records.map(one));
  return { batchItemFailures: failed.flatMap((id) => (id === null ? [] : [{ itemIdentifier: id }])) };
}
