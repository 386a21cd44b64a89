import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ACCOUNT, REGION, type RuleDefinition } from './definitions.ts';
import { type BusEvent, compilePattern } from './pattern.ts';

/** Sends an event to a queue or a function, by its ARN. */
export type Deliver = (targetArn: string, event: BusEvent) => Promise<void>;

interface Rule {
  readonly bus: string;
  readonly matches: (event: unknown) => boolean;
  readonly targets: readonly string[];
}

/** What EventBridge does with an event: every rule of its bus that matches sends it to its targets. */
export class EventBus {
  readonly #rules: readonly Rule[];
  readonly #deliver: Deliver;
  readonly #observe: (bus: string, event: BusEvent) => void;
  readonly #underWay = new Set<Promise<void>>();

  constructor(rules: readonly RuleDefinition[], deliver: Deliver, observe: (bus: string, event: BusEvent) => void) {
    this.#rules = rules.map(({ bus, pattern, targets }) => ({ bus, matches: compilePattern(pattern), targets }));
    this.#deliver = deliver;
    this.#observe = observe;
  }

  /** Deliveries that have not arrived yet. */
  get underWay(): number {
    return this.#underWay.size;
  }

  put(bus: string, event: BusEvent): void {
    this.#observe(bus, event);
    const targets = this.#rules
      .filter((rule) => rule.bus === bus && rule.matches(event))
      .flatMap((rule) => rule.targets);
    for (const target of new Set(targets)) {
      const delivery = this.#deliver(target, event).finally(() => this.#underWay.delete(delivery));
      this.#underWay.add(delivery);
    }
  }
}

/** An event that is made now. */
export function busEvent(about: Pick<BusEvent, 'detail-type' | 'source' | 'detail'> & Partial<BusEvent>): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    account: ACCOUNT,
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    region: REGION,
    resources: [],
    ...about,
  };
}

const PutEvents = z.object({
  Entries: z
    .array(
      z.object({
        Source: z.string(),
        DetailType: z.string(),
        Detail: z.string(),
        EventBusName: z.string().default('default'),
        Resources: z.array(z.string()).default([]),
      }),
    )
    .min(1)
    .max(10),
});

/** Answers the call PutEvents, for the buses that there are; throws when it isn't one. */
export function putEvents(bus: EventBus, buses: readonly string[], body: string): Record<string, unknown> {
  const { Entries } = PutEvents.parse(JSON.parse(body));
  const answers = Entries.map(({ Source, DetailType, Detail, EventBusName, Resources }) => {
    const detail = parseDetail(Detail);
    if (detail === null) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    if (!buses.includes(EventBusName))
      return { ErrorCode: 'InvalidArgument', ErrorMessage: `Event bus ${EventBusName} does not exist.` };
    const event = busEvent({ source: Source, 'detail-type': DetailType, detail, resources: Resources });
    bus.put(EventBusName, event);
    return { EventId: event.id };
  });
  return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
}

function parseDetail(text: string): Record<string, unknown> | null {
  try {
    const detail: unknown = JSON.parse(text);
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? { ...detail } : null;
  } catch {
    return null;
  }
}
