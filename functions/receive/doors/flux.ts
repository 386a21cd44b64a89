import * as z from 'zod';
import { needed } from '../../../shared/change/needed.ts';
import type { Door } from '../door.ts';

const name = z.string().min(1).max(253);
const event = z.looseObject({
  involvedObject: z.looseObject({ kind: name, namespace: name, name }),
  reason: z.string(),
});

/**
 * What Flux reports of its objects, as a hint to look sooner; what is there, the cluster says.
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook-with-hmac
 */
export const flux: Door = {
  proofs: [{ kind: 'signature', header: 'x-signature' }],
  read(value) {
    const { kind, namespace, name } = needed(event, value).involvedObject;
    return [{ kind: 'look-now', objects: [{ kind, namespace, name }] }];
  },
};
