import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Stalled } from '../errors.ts';
import { readSecret } from '../trust/secret.ts';
import type { ReceiveEnvironment } from './load.ts';

/** The secrets of each door: one, or two while it is changed. */
export type WebhookSecrets = ReadonlyMap<string, readonly string[]>;

/** A secret that nobody guesses has at least so many characters. */
const SHORTEST = 16;
const MOST = 2;

/** Milliseconds after which the secret store is asked again: so long an old secret counts. */
const FRESH = 60_000;

/**
 * The webhooks' secrets that the environment holds or names, read again after a minute.
 * @throws Stalled WebhookSecretsUnusable: at once for those that the environment holds, and for the others when they are read.
 */
export function webhookSecrets(
  environment: ReceiveEnvironment,
  doors: readonly string[],
  client: SecretsManagerClient,
  now: () => number,
): () => Promise<WebhookSecrets> {
  const { webhookSecret: id, webhookSecrets: text } = environment;
  if (id === null) {
    const held = parseWebhookSecrets(text ?? '', doors);
    return async () => held;
  }
  let known: { readonly secrets: WebhookSecrets; readonly until: number } | null = null;
  return async () => {
    if (known === null || now() >= known.until)
      known = { secrets: parseWebhookSecrets(await readSecret(client, id), doors), until: now() + FRESH };
    return known.secrets;
  };
}

/**
 * Reads `{"<door>": "<secret>" | ["<new>", "<old>"]}`, with at least one door.
 * @throws Stalled WebhookSecretsUnusable, which never repeats any of it.
 */
export function parseWebhookSecrets(text: string, doors: readonly string[]): WebhookSecrets {
  const entries = Object.entries(objectIn(text));
  if (entries.length === 0) throw unusable('There is no secret for any door of receive.');
  for (const [door, value] of entries) {
    if (!doors.includes(door)) throw unusable('The webhook secrets are for a door that there is not.', doors);
    const secrets = [value].flat();
    if (secrets.length < 1 || secrets.length > MOST)
      throw unusable(`The door ${door} has no secret, or more than two.`);
    if (!secrets.every(isSecret))
      throw unusable(`A secret of the door ${door} is no text of ${SHORTEST} printable characters or more.`);
  }
  return new Map(entries.map(([door, value]) => [door, [value].flat() as string[]]));
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // No JSON: told below, without its text.
  }
  throw unusable('The webhook secrets can’t be read.');
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value.length >= SHORTEST && !/[\p{Cc}\s]/u.test(value);
}

function unusable(sentence: string, doors: readonly string[] = []): Stalled {
  const known = doors.length === 0 ? '' : ` The doors are ${doors.join(', ')}.`;
  return new Stalled('WebhookSecretsUnusable', sentence, {
    hint: `Set them to {"<door>": "<secret>"}, or ["<new>", "<old>"] while one is changed.${known}`,
  });
}
