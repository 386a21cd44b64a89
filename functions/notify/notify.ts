import type { Notifications } from '../../shared/config/notify.ts';
import { parseTold, type Told } from '../../shared/notice/told.ts';
import type { Table } from '../../shared/table/table.ts';
import type { Log, Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { Channel } from './channels/channel.ts';
import { showCommit } from './channels/commit-status.ts';
import { webhookChannel } from './channels/webhook.ts';
import { commitUrl, type Host, hostOf } from './host.ts';
import { messageOf } from './message.ts';
import { occasionOf } from './occasion.ts';
import { once } from './once.ts';
import { isRecovery } from './recovery.ts';

/** What telling works with. */
export interface Deps {
  /** Null when no topic is configured. */
  readonly topic: Channel | null;
  /** @throws Stalled NotificationsUnusable, SecretUnreadable; Retryable SecretStoreUnavailable. */
  readonly notifications: () => Promise<Notifications>;
  readonly table: Table;
  /** Whether releases are followed in any cluster. */
  readonly followed: boolean;
  readonly now: () => Date;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/**
 * Tells every channel of one event of the bus, each at most once and none later because of another.
 * @throws what the first channel threw that could not be told; then the event is to come again.
 */
export async function notify(event: unknown, deps: Deps): Promise<void> {
  const told = parseTold(event);
  if (told === null) return;
  const failures = await tellAll(told, deps);
  for (const { channel, error } of failures) {
    deps.log('not told', { channel, notice: occasionOf(told).key, error });
  }
  if (failures.length > 0) deps.telemetry.measure({ NoticesFailed: failures.length });
  const [first] = failures;
  if (first !== undefined) throw first.error;
}

interface Failure {
  readonly channel: string;
  readonly error: unknown;
}

async function tellAll(told: Told, deps: Deps): Promise<readonly Failure[]> {
  const { topic, now } = deps;
  const failures: Failure[] = [];
  const attempt = async (channel: string, tell: () => Promise<void>): Promise<void> => {
    await tell().catch((error: unknown) => failures.push({ channel, error }));
  };
  // The topic is told also when the others can't be known.
  let settings: Notifications = { webhooks: [] };
  await attempt('notifications', async () => {
    settings = await deps.notifications();
  });
  const host = hostOf(told.detail.repository, settings);
  const channels = settings.webhooks.map((webhook) => webhookChannel(webhook, now));
  if (topic !== null) channels.push(topic);
  const attempts = channels.map((one) => attempt(one.id, () => tellPeople(told, one, host, deps)));
  if (host !== null && host.token !== null) attempts.push(attempt(host.kind, () => showCommit(told, host, deps)));
  await Promise.all(attempts);
  return failures;
}

async function tellPeople(
  told: Told,
  channel: Channel,
  host: Host | null,
  { table, now, log, telemetry }: Omit<Deps, 'topic'>,
): Promise<void> {
  const recovered = told.type === 'Verdict' && (await isRecovery(told.detail, table, now));
  const message = messageOf(told, recovered, (oid) => (host === null ? null : commitUrl(host, oid)));
  if (message === null) return;
  const occasion = occasionOf(told);
  await once(channel.id, occasion, table, now, async () => {
    const about = { 'gitferry.notice': occasion.key, 'gitferry.channel': channel.id };
    await telemetry.span('tell a channel', about, () => channel.send(told, message, occasion.key));
    log('told', { channel: channel.id, notice: occasion.key, severity: message.severity });
  });
}
