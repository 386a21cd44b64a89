import type { Door } from '../door.ts';
import { readEvent } from './distribution.ts';

/** Each request is one event of Distribution: https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference */
export const acr: Door = {
  proofs: [{ kind: 'authorization' }],
  read: (event) => [readEvent(event)],
};
