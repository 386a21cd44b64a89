import * as z from 'zod';
import { Rejected } from '../errors.ts';
import type { Change } from './change.ts';
import { textInside } from './envelope.ts';
import { fromEcr } from './from-ecr.ts';
import { fromS3 } from './from-s3.ts';
import { parseJson } from './json.ts';
import type { Nothing } from './nothing.ts';
import { fromOwn } from './own.ts';

const ENVELOPES = 4;

const batch = z.looseObject({ Records: z.array(z.unknown()) });

/** Told of events that change nothing, with the reason. */
type Tell = (nothing: Nothing) => void;

/**
 * What a message says may have changed: events of S3 and ECR, bare or inside envelopes of SNS and SQS, or gitferry's own.
 * Nothing for events that change no content, `s3:TestEvent` among them; of an image's, `tell` hears why.
 * @throws Rejected EventUnknown, EventInvalid, EventNotJson, EventTooLarge, EventTooDeep.
 */
export function parseChanges(body: string, tell: Tell = () => {}): readonly Change[] {
  return read(body, 0, tell);
}

function read(text: string, envelopes: number, tell: Tell): readonly Change[] {
  if (envelopes > ENVELOPES)
    throw new Rejected('EventTooDeep', `The event is inside more than ${ENVELOPES} envelopes.`);
  const value = parseJson(text);
  const records = batch.safeParse(value).data?.Records ?? [value];
  return records.flatMap((record) => {
    const inside = textInside(record);
    return inside === null ? changesOf(record, tell) : read(inside, envelopes + 1, tell);
  });
}

function changesOf(value: unknown, tell: Tell): readonly Change[] {
  const own = fromOwn(value);
  if (own !== null) return [own];
  const image = fromEcr(value);
  if (image?.kind === 'nothing') tell(image);
  if (image !== null) return image.kind === 'nothing' ? [] : [image];
  const objects = fromS3(value);
  if (objects !== null) return objects;
  throw new Rejected('EventUnknown', 'This is no event that gitferry knows.', {
    hint: 'Send "Object Created" and "Object Deleted" of S3 and "ECR Image Action" of ECR to the changes queue, and nothing else.',
  });
}
