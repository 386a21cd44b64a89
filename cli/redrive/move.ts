import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
  type ListMessageMoveTasksResultEntry as Task,
} from '@aws-sdk/client-sqs';
import { Retryable, Stalled } from '../../shared/errors.ts';
import { failedEvent } from './content.ts';
import { forward, type Letter, takeEach } from './letters.ts';
import type { DeadQueue } from './queues.ts';

/** What moving works with. */
export interface Movers {
  readonly sqs: SQSClient;
  readonly events: EventBridgeClient;
  /** The name of the deployment's bus. */
  readonly bus: string;
  /** Milliseconds between two looks at a task. */
  readonly pause: () => Promise<void>;
  /** Told how many of how many have been moved. */
  readonly progress: (queue: DeadQueue, moved: number, all: number) => void;
}

/** So many looks that don't find the task: SQS lists it soon, but not at once. */
const UNLISTED = 10;

/** Moves all letters of a queue to where they belong, by SQS itself where it can. Returns how many. */
export async function moveAll(queue: DeadQueue, shown: readonly Letter[], movers: Movers): Promise<number> {
  const all = Math.max(queue.depth, shown.length);
  if (queue.source === null) return moveEach(queue, null, all, movers);
  const tasks = await tasksOf(queue, movers).catch(unknownHere);
  if (tasks === null) return moveEach(queue, null, all, movers);
  await movers.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: queue.arn }));
  return follow(queue, new Set(tasks.map(startOf)), movers);
}

/** The last ten that were started, whoever did. */
async function tasksOf({ arn: SourceArn }: DeadQueue, { sqs }: Movers): Promise<readonly Task[]> {
  return (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 10 }))).Results ?? [];
}

/** By SQS's own clock: that of one that has ended is all that tells it from others. */
const startOf = ({ StartedTimestamp }: Task) => StartedTimestamp;

/** Servers that stand in for SQS, as in the embedded run, have no such tasks; moto says so on a page of HTML. */
function unknownHere(error: Error): null {
  if (/InvalidAction|UnknownOperation|NotImplemented|^SyntaxError$/u.test(error.name)) return null;
  throw error;
}

/** Looks at the task that was not there before until it has ended; it goes on by itself when nobody looks. */
async function follow(queue: DeadQueue, before: ReadonlySet<number | undefined>, movers: Movers): Promise<number> {
  for (let unlisted = 0; unlisted < UNLISTED; ) {
    const task = (await tasksOf(queue, movers)).find((one) => !before.has(startOf(one)));
    if (task === undefined) unlisted += 1;
    else {
      const moved = Number(task.ApproximateNumberOfMessagesMoved ?? 0);
      movers.progress(queue, moved, Number(task.ApproximateNumberOfMessagesToMove ?? moved));
      if (task.Status === 'COMPLETED') return moved;
      if (task.Status !== 'RUNNING') throw notMoved(queue, task);
    }
    await movers.pause();
  }
  throw new Retryable('RedriveIncomplete', `SQS does not say what became of moving the messages of ${queue.name}.`, {
    hint: 'It may go on: look again by --dry-run.',
  });
}

function notMoved({ name }: DeadQueue, task: Task): Retryable {
  const { Status: status = 'unknown', FailureReason: why = 'SQS does not say why.' } = task;
  return new Retryable('RedriveIncomplete', `Moving the messages of ${name} ended as ${status}: ${why}`, {
    hint: 'What was not moved is still there: run it again.',
  });
}

/** Moves these letters alone. Returns how many. */
export function moveSome(queue: DeadQueue, letters: readonly Letter[], movers: Movers): Promise<number> {
  return moveEach(queue, new Set(letters.map(({ id }) => id)), letters.length, movers);
}

/** One by one: of `nudge` back to the bus, others to their queue. `ids`: null for all. */
async function moveEach(
  queue: DeadQueue,
  ids: ReadonlySet<string> | null,
  all: number,
  movers: Movers,
): Promise<number> {
  const { sqs, progress } = movers;
  const { source } = queue;
  let moved = 0;
  const { taken, left } = await takeEach(sqs, queue, ids, async (letter) => {
    if (source !== null) await forward(sqs, source, letter);
    else if (!(await tellAgain(letter, movers))) return false;
    moved += 1;
    progress(queue, moved, Math.max(moved, all));
    return true;
  });
  if (left.length === 0) return taken;
  const others = taken === 0 ? 'nothing else was' : taken === 1 ? '1 other was' : `${taken} others were`;
  throw new Stalled(
    'LetterUnreadable',
    `${left.join(', ')} ${left.length === 1 ? 'holds' : 'hold'} no event that nudge was given; ${others} moved.`,
    { hint: 'It stays where it is, and goes away after 14 days.' },
  );
}

/**
 * Puts the event that `nudge` failed on to the bus once more: whoever else hears it has done what it asks for, and does nothing.
 * False where there is none.
 */
async function tellAgain({ body }: Letter, { events, bus }: Movers): Promise<boolean> {
  const event = failedEvent(body);
  if (event === null) return false;
  const { 'detail-type': DetailType, detail } = event;
  const entry = { EventBusName: bus, Source: 'gitferry', DetailType, Detail: JSON.stringify(detail) };
  const answer = await events.send(new PutEventsCommand({ Entries: [entry] }));
  if ((answer.FailedEntryCount ?? 0) > 0)
    throw new Retryable('BusUnavailable', `The event bus ${bus} did not take the event.`);
  return true;
}
