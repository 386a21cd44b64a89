import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
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

/** Moves all letters of a queue to where they belong, by SQS itself where it can. Returns how many. */
export async function moveAll(queue: DeadQueue, shown: readonly Letter[], movers: Movers): Promise<number> {
  if (queue.source === null) return moveSome(queue, shown, movers);
  const started = await movers.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: queue.arn })).catch(unknownHere);
  return started === null ? moveSome(queue, shown, movers) : follow(queue, movers);
}

/** Servers that stand in for SQS, as in the embedded run, have no such tasks; moto says so on a page of HTML. */
function unknownHere(error: Error): null {
  if (/InvalidAction|UnknownOperation|NotImplemented|^SyntaxError$/u.test(error.name)) return null;
  throw error;
}

/** Looks at the task until it has ended; it goes on by itself when nobody looks. */
async function follow(queue: DeadQueue, { sqs, pause, progress }: Movers): Promise<number> {
  for (;;) {
    const { Results: [task] = [] } = await sqs.send(
      new ListMessageMoveTasksCommand({ SourceArn: queue.arn, MaxResults: 1 }),
    );
    const moved = Number(task?.ApproximateNumberOfMessagesMoved ?? 0);
    progress(queue, moved, Number(task?.ApproximateNumberOfMessagesToMove ?? moved));
    if (task?.Status === 'COMPLETED') return moved;
    if (task?.Status !== 'RUNNING') throw notMoved(queue, task);
    await pause();
  }
}

function notMoved({ name }: DeadQueue, task: ListMessageMoveTasksResultEntry | undefined): Retryable {
  const { Status: status = 'unknown', FailureReason: why = 'SQS does not say why.' } = task ?? {};
  return new Retryable('RedriveIncomplete', `Moving the messages of ${name} ended as ${status}: ${why}`, {
    hint: 'What was not moved is still there: run it again.',
  });
}

/** Moves these letters alone, one by one: of `nudge` back to the bus, others to their queue. Returns how many. */
export async function moveSome(queue: DeadQueue, letters: readonly Letter[], movers: Movers): Promise<number> {
  const { sqs, progress } = movers;
  const { source } = queue;
  let moved = 0;
  const move = async (letter: Letter): Promise<void> => {
    if (source === null) await tellAgain(letter, movers);
    else await forward(sqs, source, letter);
    moved += 1;
    progress(queue, moved, letters.length);
  };
  await takeEach(sqs, queue, new Set(letters.map(({ id }) => id)), move);
  return moved;
}

/** Puts the event that `nudge` failed on to the bus once more: whoever else hears it has done what it asks for, and does nothing. */
async function tellAgain({ body, id }: Letter, { events, bus }: Movers): Promise<void> {
  const event = failedEvent(body);
  if (event === null)
    throw new Stalled('LetterUnreadable', `The message ${id} holds no event that nudge was given.`, {
      hint: 'Leave it out by naming the others with --only; it goes away after 14 days.',
    });
  const { 'detail-type': DetailType, detail } = event;
  const entry = { EventBusName: bus, Source: 'gitferry', DetailType, Detail: JSON.stringify(detail) };
  const answer = await events.send(new PutEventsCommand({ Entries: [entry] }));
  if ((answer.FailedEntryCount ?? 0) > 0)
    throw new Retryable('BusUnavailable', `The event bus ${bus} did not take the event.`);
}
