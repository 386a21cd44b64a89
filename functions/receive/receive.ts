import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda';
import type { ImageChange } from '../../shared/change/change.ts';
import { parseJson } from '../../shared/change/json.ts';
import type { Nothing } from '../../shared/change/nothing.ts';
import type { WebhookSecrets } from '../../shared/config/webhooks.ts';
import { asFerryError, Rejected } from '../../shared/errors.ts';
import type { LookNow } from '../../shared/notice/look.ts';
import type { Log, Telemetry } from '../../shared/telemetry/telemetry.ts';
import { answer, answerTo, statusOf } from './answer.ts';
import type { Door, Told } from './door.ts';
import { prove } from './prove.ts';
import { type Address, addressOf, bodyOf, checkHead, headerOf, textOf } from './request.ts';

/** What receiving works with. */
export interface Deps {
  readonly doors: ReadonlyMap<string, Door>;
  readonly secrets: () => Promise<WebhookSecrets>;
  /** Sends changes to the changes queue. Throws Retryable when it does not take them. */
  readonly send: (changes: readonly ImageChange[]) => Promise<void>;
  /** Sends a look to the looks queue. Throws Retryable when it does not take it. */
  readonly look: (look: LookNow) => Promise<void>;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** Tags that one notification may tell of. */
const MOST = 100;

/** Answers one webhook: what it tells goes to the changes queue, once it is known whose it is. */
export async function receive(event: LambdaFunctionURLEvent, deps: Deps): Promise<LambdaFunctionURLResult> {
  const address = addressOf(event);
  // Of the path only what names a door may be told: anything else may be a secret.
  const door = deps.doors.has(address.door) ? address.door : null;
  try {
    return await take(await read(event, address, deps), door, deps);
  } catch (thrown) {
    const error = asFerryError(thrown);
    const { reason, message, hint, facts } = error;
    deps.log('refused', { door, status: statusOf(error), reason, why: message, hint, ...facts });
    if (error instanceof Rejected) deps.telemetry.measure({ WebhooksRefused: 1 });
    return answerTo(error);
  }
}

/** What the notification says. Each check stands before whatever would cost more, or trust more. */
async function read(event: LambdaFunctionURLEvent, address: Address, deps: Deps): Promise<readonly Told[]> {
  const door = deps.doors.get(address.door);
  const takesPath = door?.proofs.some(({ kind }) => kind === 'path') ?? false;
  const exists = door !== undefined && (address.rest === '' || takesPath);
  // A door without a secret is not there.
  const secrets = exists ? (await deps.secrets()).get(address.door) : undefined;
  if (door === undefined || secrets === undefined)
    throw new Rejected('DoorUnknown', 'There is no such door.', { hint: 'See docs/webhooks.md for the paths.' });
  const header = headerOf(event);
  checkHead(event, door, header);
  const body = bodyOf(event);
  prove(door, secrets, header, address.rest, body);
  return door.read(parseJson(textOf(body)), header);
}

async function take(told: readonly Told[], door: string | null, deps: Deps): Promise<LambdaFunctionURLResult> {
  const changes = distinct(told.filter((one) => one.kind === 'image'));
  if (changes.length > MOST)
    throw new Rejected('EventTooMany', `The notification tells of more than ${MOST} tags.`, {
      hint: 'Send fewer events at once.',
    });
  const looks = told.filter((one) => one.kind === 'look-now');
  const nothing = told.filter((one) => one.kind === 'nothing');
  logNothing(nothing, door, deps);
  if (looks.length > 0) {
    const objects = looks.flatMap((look) => look.objects);
    await deps.look({ kind: 'look-now', objects });
    deps.log('accepted a report', { door, objects });
    return answer(202, { looks: 1 });
  }
  if (changes.length === 0) {
    const { reason = 'NotAPush', why: sentence = 'It tells of nothing.' } = nothing[0] ?? {};
    return answer(200, { changes: 0, reason, sentence });
  }
  await deps.send(changes);
  deps.log('accepted', { door, changes: changes.map(({ image, tag }) => `${image}:${tag}`) });
  return answer(202, { changes: changes.length });
}

/** The last of each tag: a tag that was moved twice is looked at once. */
function distinct(changes: readonly ImageChange[]): readonly ImageChange[] {
  return [...new Map(changes.map((change) => [`${change.image}:${change.tag}`, change])).values()];
}

/** A line for each reason, however many events have it. */
function logNothing(nothing: readonly Nothing[], door: string | null, { log }: Deps): void {
  for (const [reason, [first, ...more]] of Map.groupBy(nothing, (one) => one.reason))
    log('nothing to do', { unit: null, door, source: first?.source, reason, why: first?.why, more: more.length });
}
