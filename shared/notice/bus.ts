import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { Retryable } from '../errors.ts';

/** Of `mirror`, but for the last four: one of `nudge`, and three of `sweep`. */
export type NoticeType =
  | 'Landed'
  | 'Rejected'
  | 'Waiting'
  | 'TakenBack'
  | 'Lifted'
  | 'Verdict'
  | 'Stalled'
  | 'NudgeFailed'
  | 'Drift'
  | 'Converge'
  | 'SweepContinues';

/** What happened, for those who nudge, verify and tell. The same outcome told twice carries the same `id`. */
export interface Notice {
  readonly type: NoticeType;
  /** At most some 200 kB as JSON; longer texts are cut by `cut`. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The event bus. Throws Retryable when a notice could not be handed over. */
export interface Bus {
  put(notices: readonly Notice[]): Promise<void>;
}

/** Texts from outside are as long as their authors like; an event holds 256 KB. */
const LONGEST_TEXT = 8192;
const ENTRIES_PER_CALL = 10;

function cut(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
}

export function eventBus(client: EventBridgeClient, name: string): Bus {
  return {
    async put(notices) {
      const entries = notices.map(({ type, detail }) => ({
        EventBusName: name,
        Source: 'gitferry',
        DetailType: type,
        Detail: JSON.stringify(detail, cut),
      }));
      const calls = Array.from({ length: Math.ceil(entries.length / ENTRIES_PER_CALL) }, async (_, index) => {
        const Entries = entries.slice(index * ENTRIES_PER_CALL, (index + 1) * ENTRIES_PER_CALL);
        const answer = await client.send(new PutEventsCommand({ Entries })).catch((cause: unknown) => {
          throw new Retryable('BusUnavailable', 'The event bus did not take the notice.', { cause });
        });
        if ((answer.FailedEntryCount ?? 0) > 0)
          throw new Retryable('BusUnavailable', `The event bus did not take ${answer.FailedEntryCount} notices.`);
      });
      await Promise.all(calls);
    },
  };
}
