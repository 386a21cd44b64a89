import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Change } from '../../shared/change/change.ts';
import { parseChanges } from '../../shared/change/parse.ts';
import { asFerryError, FerryError, Rejected, Retryable, Stalled } from '../../shared/errors.ts';
import { whereOf } from '../../shared/notice/outcome.ts';
import type { Unreadable } from './batch.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { digestOf } from './files/content.ts';
import { type Arrivals, type Delivery, mirror } from './mirror.ts';
import type { Message, Queue } from './queue.ts';

interface Read {
  readonly message: Message;
  readonly deliveries: readonly Delivery[];
}

/** Reasons that pass by themselves, and soon. */
const PASSING = new Set(['TimeShort', 'OthersAhead', 'SourceUnsteady']);

/**
 * How long a message is hidden before its next try, in seconds: through an outage five tries span some four hours. SQS tells
 * no age of what was received three times, so its oldest message shows no outage; what is measured here does.
 */
export const PATIENCE = { passing: [1, 5, 20, 60, 300], outage: [30, 120, 600, 3600, 10_800] };

/**
 * One invocation: the batch that started it, and whatever else waits in the queue, as far as the budget goes. Messages
 * are deleted after their outcome is recorded; of the batch, those that failed are named for Lambda to keep.
 */
export async function run(event: SQSEvent, queue: Queue, deps: Deps): Promise<SQSBatchResponse> {
  const given = event.Records.map(({ messageId, body, receiptHandle, attributes }) => ({
    id: messageId,
    body,
    receipt: receiptHandle,
    sent: Number(attributes.SentTimestamp),
    received: Number(attributes.ApproximateReceiveCount),
  }));
  const drained: Message[] = [];
  const read: Read[] = [];
  const take = (messages: readonly Message[]): Arrivals => {
    const unreadable: Unreadable[] = [];
    const fresh = messages.map((message) => readMessage(message, unreadable, deps));
    read.push(...fresh);
    const deliveries = fresh.flatMap((one) => one.deliveries);
    const news = deliveries.filter(({ again }) => !again).length;
    if (news > 0) deps.telemetry.measure({ ChangesReceived: news });
    return { deliveries, unreadable };
  };
  const arrive = async (): Promise<Arrivals> => {
    const messages = await queue.drain(deps.budget.units - read.length);
    drained.push(...messages);
    return take(messages);
  };

  const outcome = await mirror(take(given), deps, arrive).catch(asFerryError);
  if (outcome instanceof FerryError) deps.log('nothing could be recorded', { error: outcome });
  await tellStalls(outcome instanceof FerryError ? [outcome] : [...outcome.values()], deps);

  const kept = new Map<Message, FerryError>();
  for (const { message, deliveries } of read) {
    const error = outcome instanceof FerryError ? outcome : failureOf(deliveries, outcome);
    if (error === undefined) continue;
    kept.set(message, error);
    deps.log('comes again', { messageId: message.id, received: message.received, error });
  }
  measurePutOff([...kept.keys()], deps);
  await queue.remove(drained.filter((message) => !kept.has(message)));
  await each([...kept], ([message, error]) => queue.postpone(message, patience(error, message.received)));
  return { batchItemFailures: given.filter((message) => kept.has(message)).map(({ id }) => ({ itemIdentifier: id })) };
}

function failureOf(deliveries: readonly Delivery[], failed: ReadonlyMap<Change, FerryError>): FerryError | undefined {
  return deliveries.map(({ change }) => failed.get(change)).find((error) => error !== undefined);
}

function readMessage(message: Message, unreadable: Unreadable[], { log }: Deps): Read {
  try {
    const again = message.received > 1;
    const changes = parseChanges(message.body, ({ reason, source, why }) =>
      log('nothing to do', { unit: null, source, reason, why }),
    );
    return { message, deliveries: changes.map((change) => ({ change, again })) };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    unreadable.push({ error, digest: digestOf(Buffer.from(message.body)) });
    return { message, deliveries: [] };
  }
}

function measurePutOff(kept: readonly Message[], { telemetry, now }: Deps): void {
  if (kept.length === 0) return;
  const oldest = Math.min(...kept.map(({ sent }) => sent));
  telemetry.measure({ PutOff: kept.length, OldestPutOff: Math.max(0, now().getTime() - oldest) });
}

function patience(error: FerryError, received: number): number {
  const steps = PASSING.has(error.reason) ? PATIENCE.passing : PATIENCE.outage;
  const seconds = steps[Math.min(received, steps.length) - 1] ?? 30;
  return error instanceof Retryable && error.retryAfter !== undefined ? Math.min(error.retryAfter, 10_800) : seconds;
}

/** Only a person can go on from these; the id is that of reason and place, so that it is told once however often it is met. */
async function tellStalls(errors: readonly FerryError[], deps: Deps): Promise<void> {
  const stalls = new Map(errors.filter((error) => error instanceof Stalled).map((error) => [error.message, error]));
  const at = deps.now().toISOString();
  const notices = [...stalls.values()].map(({ reason, message, hint, facts }) => {
    const id = [deps.deployment, reason, facts.image ?? facts.host ?? []].flat().join(' ');
    return { type: 'Stalled' as const, detail: { ...whereOf(deps), id, at, reason, message, hint } };
  });
  if (notices.length > 0) await deps.bus.put(notices);
}
