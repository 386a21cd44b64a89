import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { Stalled } from '../errors.ts';
import { isLoopback } from '../http/loopback.ts';
import { readSecret } from '../trust/secret.ts';
import { demand, type Variables } from './load.ts';

/** What `notify` is told by its environment. */
export interface NotifyEnvironment {
  /** The url of the notices queue. */
  readonly noticesQueue: string;
  /** The name of the table of small state. */
  readonly table: string;
  /** Whether releases are followed in any cluster; where they are not, there is nothing to wait for. */
  readonly followed: boolean;
  /** The ARN of a topic. */
  readonly topic: string | null;
  /** The id of a secret that holds what `Notifications` shows. */
  readonly notifySecret: string | null;
  /** That itself. */
  readonly notifications: string | null;
}

/** @throws Stalled EnvironmentIncomplete naming all that is missing. */
export function loadNotifyEnvironment(env: Variables): NotifyEnvironment {
  demand(env, ['GITFERRY_NOTICES_QUEUE', 'GITFERRY_TABLE']);
  return {
    noticesQueue: env.GITFERRY_NOTICES_QUEUE ?? '',
    table: env.GITFERRY_TABLE ?? '',
    followed: Boolean(env.GITFERRY_CLUSTERS?.trim() || env.GITFERRY_KUBECONFIG),
    topic: env.GITFERRY_TOPIC || null,
    notifySecret: env.GITFERRY_NOTIFY_SECRET || null,
    notifications: env.GITFERRY_NOTIFICATIONS || null,
  };
}

/** A secret that nobody guesses has at least so many characters. */
const SHORTEST = 16;
const MOST = 10;

const address = z.string().max(2000).refine(isAddress);
const token = z.string().regex(/^[!-~]{8,2000}$/u);
const host = z.strictObject({ token, url: address.optional() });
const notifications = z.strictObject({
  webhooks: z
    .array(z.strictObject({ url: address, secret: z.string().min(SHORTEST).max(1000) }))
    .max(MOST)
    .default([]),
  github: host.optional(),
  gitlab: host.optional(),
});

/** Where people are told beside the topic: webhooks that are signed, and the state of commits. */
export type Notifications = z.infer<typeof notifications>;

/** How a Git host is asked. `url`: the address of the host itself, as people open it; else that of github.com or gitlab.com. */
export type HostAccess = z.infer<typeof host>;

/** Milliseconds after which the secret store is asked again. */
const FRESH = 60_000;

/**
 * What the environment holds or names, read again after a minute; nothing of either means nothing beside the topic.
 * @throws Stalled NotificationsUnusable: at once for what the environment holds, and for the secret when it is read.
 */
export function notificationsOf(
  { notifySecret: id, notifications: text }: NotifyEnvironment,
  client: SecretsManagerClient,
  now: () => number,
): () => Promise<Notifications> {
  if (id === null) {
    const held = parseNotifications(text ?? '{}');
    return async () => held;
  }
  let known: { readonly value: Notifications; readonly until: number } | null = null;
  return async () => {
    if (known === null || now() >= known.until)
      known = { value: parseNotifications(await readSecret(client, id)), until: now() + FRESH };
    return known.value;
  };
}

/** @throws Stalled NotificationsUnusable, which names the place and never repeats any of it. */
export function parseNotifications(text: string): Notifications {
  const value = parsed(text);
  const { success, data, error } = notifications.safeParse(value);
  if (success) return data;
  const places = error.issues.map(({ path }) => path.join('.')).filter((path) => path !== '');
  throw new Stalled('NotificationsUnusable', `The notifications can’t be read${at(places)}.`, {
    hint: `Write {"webhooks": [{"url", "secret"}], "github": {"token"}, "gitlab": {"token"}}: addresses by https, secrets of ${SHORTEST} characters or more.`,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told below, without its text.
    return null;
  }
}

function at(places: readonly string[]): string {
  return places.length === 0 ? '' : ` at ${[...new Set(places)].join(', ')}`;
}

/** By https, or on this machine; without credentials, which would be sent nowhere. */
function isAddress(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}
