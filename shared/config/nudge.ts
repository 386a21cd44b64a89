import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { Stalled } from '../errors.ts';
import { isLoopback } from '../http/loopback.ts';
import { readSecret } from '../trust/secret.ts';
import { type ClusterAddress, loadClusters } from './clusters.ts';
import { demand, type Environment, loadPlace, type Variables } from './load.ts';

/** What `nudge` is told. */
export interface NudgeEnvironment extends Pick<Environment, 'deployment' | 'repository' | 'branch' | 'bus'> {
  readonly clusters: readonly ClusterAddress[];
  /** The id of a secret that holds the ways. */
  readonly nudgeSecret: string | null;
  /** Those themselves. */
  readonly nudges: string | null;
}

/** @throws Stalled EnvironmentIncomplete, EnvironmentInvalid */
export function loadNudgeEnvironment(env: Variables): NudgeEnvironment {
  demand(env, ['GITFERRY_DEPLOYMENT', 'GITFERRY_REPOSITORY', 'GITFERRY_BUS']);
  return {
    ...loadPlace(env),
    bus: env.GITFERRY_BUS ?? '',
    clusters: loadClusters(env),
    nudgeSecret: env.GITFERRY_NUDGE_SECRET || null,
    nudges: env.GITFERRY_NUDGES || null,
  };
}

const secret = z
  .string()
  .min(16)
  .regex(/^[^\p{Cc}]+$/u);
/** Plain http is for the loopback interface alone; what an address holds beside its host and path is never repeated. */
const url = z
  .string()
  .max(2000)
  .refine((text) => {
    const parsed = URL.parse(text);
    if (parsed === null || parsed.username !== '' || parsed.password !== '') return false;
    return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed.hostname));
  });

const ways = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('flux-receiver'), url, token: secret }),
      z.strictObject({ kind: z.literal('argo-cd'), url, secret: secret.optional() }),
      z.strictObject({ kind: z.literal('webhook'), url, secret: secret.optional() }),
    ]),
  )
  .max(100);

/** A way to tell an agent that does without its cluster's API. */
export type Way = z.infer<typeof ways>[number];

/** @throws Stalled NudgesUnusable, which repeats nothing of it but where it is wrong */
export function parseWays(text: string): readonly Way[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unusable('are no JSON');
  }
  const { data, error } = ways.safeParse(json);
  if (data !== undefined) return data;
  const path = (error.issues[0]?.path ?? []).map(String).join('.').slice(0, 100);
  throw unusable(path === '' ? 'are no list of ways' : `can’t be used at ${path}`);
}

function unusable(what: string): Stalled {
  return new Stalled('NudgesUnusable', `The ways to nudge ${what}.`, {
    hint: 'Set them to [{"kind": "flux-receiver", "url": "https://…", "token": "…"}, …], with secrets of 16 characters or more.',
  });
}

/** The ways that the environment holds or names, read again at each call: a secret may have been changed. */
export function nudgeWays(
  { nudgeSecret, nudges }: Pick<NudgeEnvironment, 'nudgeSecret' | 'nudges'>,
  secrets: SecretsManagerClient,
): () => Promise<readonly Way[]> {
  return async () => {
    if (nudges !== null) return parseWays(nudges);
    return nudgeSecret === null ? [] : parseWays(await readSecret(secrets, nudgeSecret));
  };
}
