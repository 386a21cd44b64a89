import * as z from 'zod';
import { needed } from '../../../shared/change/needed.ts';
import { Rejected } from '../../../shared/errors.ts';
import type { Door } from '../door.ts';

const name = z.string().min(1).max(253);
const hook = z.looseObject({ name, namespace: name, phase: z.string() });
/** What only a webhook of the type `event` carries. */
const event = z.looseObject({
  metadata: z.looseObject({
    eventMessage: z.string(),
    eventType: z.enum(['Normal', 'Warning']),
    timestamp: z.string().regex(/^\d+$/u),
  }),
});

/**
 * What Flagger reports of a canary, as a hint to look sooner. All other webhooks of Flagger are questions: an answer of up
 * to 202 lets a rollout go on, and to the type `rollback` it is the order to roll back. They are refused, so that an
 * address at the wrong place decides nothing of the kind.
 * https://docs.flagger.app/usage/webhooks
 */
export const flagger: Door = {
  proofs: [{ kind: 'path' }],
  read(value) {
    const { name, namespace } = needed(hook, value);
    if (!event.safeParse(value).success)
      throw new Rejected(
        'HookNotAnEvent',
        'This webhook asks for a decision about a rollout, and gitferry makes none.',
        {
          hint: 'Give the webhook of the Canary the type event.',
        },
      );
    return [{ kind: 'look-now', objects: [{ kind: 'Canary', namespace, name }] }];
  },
};
