import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseJson } from '../../shared/change/json.ts';
import { FerryError } from '../../shared/errors.ts';
import { type Look, type LookNow, parseLook, type Reported } from '../../shared/notice/look.ts';
import { type Deps, follow, followSooner } from './follow.ts';
import { sharing } from './look/sharing.ts';

/** One invocation: all messages at the same time, by the same answers of the clusters. Those that failed are named. */
export async function run(event: SQSEvent, given: Deps): Promise<SQSBatchResponse> {
  const deps: Deps = { ...given, clusters: given.clusters.map(sharing) };
  const read = event.Records.map((record) => ({ id: record.messageId, message: readMessage(record, deps) }));
  const failed = await Promise.all(
    read.map(async ({ id, message }) => {
      if (message?.kind !== 'look') return [];
      const { release, unit } = message.landed;
      const about = { messageId: id, release, unit };
      return (await succeeds(() => follow(message.landed, message.look, deps), about, deps)) ? [] : [id];
    }),
  );
  const reports = read.flatMap(({ message }) => (message?.kind === 'look-now' ? [message] : []));
  // A report is no promise: what can't be done now is done by the next look of each chain.
  if (reports.length > 0) await succeeds(() => followSooner(together(reports), deps), {}, deps);
  return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
}

/** A report that names nothing speaks of everything. */
function together(reports: readonly LookNow[]): readonly Reported[] {
  return reports.some(({ objects }) => objects.length === 0) ? [] : reports.flatMap(({ objects }) => objects);
}

type About = Readonly<Record<string, unknown>>;

async function succeeds(deed: () => Promise<void>, about: About, deps: Deps): Promise<boolean> {
  try {
    await deed();
    return true;
  } catch (error) {
    deps.log('could not look', { ...about, error });
    return false;
  }
}

/** What nobody sends is dropped: nothing would ever make sense of it. */
function readMessage({ body, messageId }: SQSRecord, { log }: Deps): Look | LookNow | null {
  try {
    const message = parseLook(parseJson(body));
    if (message !== null) return message;
    log('not a look', { messageId });
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    log('not a look', { messageId, error });
  }
  return null;
}
