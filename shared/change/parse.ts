import * as z from 'zod';
import { Rejected } from '../errors.ts';
import type { Change } from './change.ts';
import { textInside } from './envelope.ts';
import { fromS3 } from './from-s3.ts';
import { parseJson } from './json.ts';
import { fromOwn } from './own.ts';

const ENVELOPES = 4;

const batch = z.looseObject({ Records: z.array(z.unknown()) });

/**
 * What a message says may have changed: events of S3, bare or inside envelopes of SNS and SQS, or gitferry's own.
 * Nothing for events that change no content, `s3:TestEvent` among them.
 * @throws Rejected EventUnknown, EventInvalid, EventNotJson, EventTooLarge, EventTooDeep.
 */
export function parseChanges(body: string): readonly Change[] {
  return read(body, 0);
}

function read(text: string, envelopes: number): readonly Change[] {
  if (envelopes > ENVELOPES)
    throw new Rejected('EventTooDeep', `The event is inside more than ${ENVELOPES} envelopes.`);
  const value = parseJson(text);
  const records = batch.safeParse(value).data?.Records ?? [value];
  return records.flatMap((record) => {
    const inside = textInside(record);
    return inside === null ? changesOf(record) : read(inside, envelopes + 1);
  });
}

function changesOf(value: unknown): readonly Change[] {
  const own = fromOwn(value);
  if (own !== null) return [own];
  const changes = fromS3(value);
  if (changes === null)
    throw new Rejected('EventUnknown', 'This is no event that gitferry knows.', {
      hint: 'Send "Object Created" and "Object Deleted" of S3 to the changes queue, and nothing else.',
    });
  return changes;
}
