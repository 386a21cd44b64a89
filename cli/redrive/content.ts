import * as z from 'zod';
import { parseChanges } from '../../shared/change/parse.ts';
import { Rejected } from '../../shared/errors.ts';
import { parseLook } from '../../shared/notice/look.ts';
import { placeOf } from '../replay.ts';
import type { Letter } from './letters.ts';

/** What a dead letter is about, as far as it says so itself. */
export interface Content {
  /** One line. */
  readonly what: string;
  /** Why it failed. */
  readonly reason: string | null;
}

const text = z.string().max(10_000);
const event = z.looseObject({
  source: z.literal('gitferry'),
  'detail-type': text,
  detail: z.looseObject({
    unit: text.nullish(),
    release: text.nullish(),
    reason: text.nullish(),
    cluster: text.nullish(),
    id: text.nullish(),
  }),
});

/** What Lambda sends of an invocation that failed at every try. */
const failure = z.object({
  requestPayload: event,
  responsePayload: z.object({ errorType: text.nullish(), errorMessage: text.nullish() }).nullish().catch(null),
});

export function contentOf({ queue, body }: Letter): Content {
  switch (queue.kind) {
    case 'changes':
      return { what: changesIn(body), reason: null };
    case 'looks':
      return { what: lookIn(body), reason: null };
    case 'notices':
      return { what: eventIn(event.safeParse(json(body)).data), reason: null };
    case 'nudge': {
      const { requestPayload, responsePayload } = failure.safeParse(json(body)).data ?? {};
      const { errorType, errorMessage } = responsePayload ?? {};
      const words = [errorType, errorMessage].filter((one) => one !== null && one !== undefined).join(': ');
      return { what: eventIn(requestPayload), reason: words === '' ? null : words };
    }
  }
}

/** The event that `nudge` was given; null when the body holds none. */
export function failedEvent(body: string): z.output<typeof event> | null {
  return failure.safeParse(json(body)).data?.requestPayload ?? null;
}

const NOTHING_KNOWN = 'nothing that gitferry knows';

function changesIn(body: string): string {
  try {
    return parseChanges(body).map(placeOf).join(', ') || 'no change';
  } catch (error) {
    if (error instanceof Rejected) return `${NOTHING_KNOWN} (${error.reason})`;
    throw error;
  }
}

function lookIn(body: string): string {
  const look = parseLook(json(body));
  if (look === null) return NOTHING_KNOWN;
  if (look.kind === 'look-now') return 'a report from a cluster';
  return `look ${look.look} at ${look.landed.unit}, release ${look.landed.release}`;
}

function eventIn(found: z.output<typeof event> | undefined): string {
  if (found === undefined) return NOTHING_KNOWN;
  const { unit, release, reason, cluster, id } = found.detail;
  const about = [unit, cluster, reason, release ?? id].filter((one) => one !== null && one !== undefined);
  return [found['detail-type'], ...about].join(' ');
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
