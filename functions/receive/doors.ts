import type { Door } from './door.ts';
import { acr } from './doors/acr.ts';
import { artifactRegistry } from './doors/artifact-registry.ts';
import { cloudevents } from './doors/cloudevents.ts';
import { distribution } from './doors/distribution.ts';
import { dockerHub } from './doors/docker-hub.ts';
import { flagger } from './doors/flagger.ts';
import { flux } from './doors/flux.ts';
import { github } from './doors/github.ts';
import { gitlab } from './doors/gitlab.ts';
import { harbor } from './doors/harbor.ts';
import { quay } from './doors/quay.ts';

/** By the first part of the path that they stand at. */
export const DOORS: ReadonlyMap<string, Door> = new Map<string, Door>([
  ['acr', acr],
  ['artifact-registry', artifactRegistry],
  ['cloudevents', cloudevents],
  ['distribution', distribution],
  ['docker-hub', dockerHub],
  ['flagger', flagger],
  ['flux', flux],
  ['github', github],
  ['gitlab', gitlab],
  ['harbor', harbor],
  ['quay', quay],
]);
