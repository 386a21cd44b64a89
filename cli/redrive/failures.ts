import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import type { Letter } from './letters.ts';
import type { DeadQueue, Kind } from './queues.ts';

/** Whose log says why a message came again. */
const READER: Readonly<Record<Kind, string>> = {
  changes: 'mirror',
  looks: 'verify',
  notices: 'notify',
  nudge: 'nudge',
};

/** Pages of the log that are read at most: what stands behind them is not looked for. */
const PAGES = 10;

const line = z.object({ messageId: z.string(), reason: z.string().optional(), why: z.string().optional() });

/**
 * Why each message failed first, by its id, as far as the log of its function still says. Nothing of what is wrong with the log
 * is thrown: the messages are shown all the same.
 */
export async function firstFailures(
  logs: CloudWatchLogsClient,
  { kind }: DeadQueue,
  deployment: string,
  letters: readonly Letter[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const sent = letters.flatMap((letter) => (letter.sent === null ? [] : [letter.sent.getTime()]));
  const about = {
    logGroupName: `/aws/lambda/gitferry-${deployment}-${READER[kind]}`,
    filterPattern: '{ $.messageId = "*" }',
    startTime: Math.min(...sent, Date.now()),
  };
  let nextToken: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await logs.send(new FilterLogEventsCommand({ ...about, nextToken })).catch(() => null);
    for (const { message = '' } of answer?.events ?? []) note(message, found);
    nextToken = answer?.nextToken;
    if (nextToken === undefined) break;
  }
  return found;
}

function note(text: string, found: Map<string, string>): void {
  const { messageId, reason, why } = line.safeParse(json(text)).data ?? {};
  if (messageId === undefined || reason === undefined || found.has(messageId)) return;
  found.set(messageId, why === undefined ? reason : `${reason}: ${why}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
