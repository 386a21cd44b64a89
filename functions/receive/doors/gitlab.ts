import type { Door } from '../door.ts';
import { distribution } from './distribution.ts';

/** GitLab's registry notifies as Distribution does: https://docs.gitlab.com/administration/packages/container_registry/ */
export const gitlab: Door = {
  ...distribution,
  proofs: [{ kind: 'authorization' }, { kind: 'token', header: 'x-gitlab-token' }],
};
