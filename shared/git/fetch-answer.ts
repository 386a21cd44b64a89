import { Retryable } from '../errors.ts';
import type { PackReader } from './pack-reader.ts';
import type { PacketReader } from './pkt-line.ts';

const DATA = 1;
const PROGRESS = 2;
const FAILURE = 3;

function refused(words: string): Retryable {
  const missing = /not our ref|unadvertised|missing|bad object|does not exist/iu.test(words);
  return new Retryable(
    missing ? 'ObjectMissing' : 'FetchRefused',
    `The Git server does not send what was asked for: ${words.slice(0, 300)}`,
    { hint: 'The branch may have been rewritten meanwhile; it is read again.' },
  );
}

/** Whether a packet carries a part of the pack (after `NAK` in v0, in the `packfile` section in v2). */
function isSideBand(packet: Buffer): boolean {
  return packet[0] === DATA || packet[0] === PROGRESS || packet[0] === FAILURE;
}

/**
 * Feeds the pack in a fetch's answer to the reader, and hangs up once `enough` says so (asked after each packet). Answers
 * whether the pack was read to its end. The sections before it (`shallow-info`; `shallow`, `NAK` in v0) say nothing that
 * gitferry does not know. Throws Retryable; `explain` takes secrets out of the server's words.
 */
export async function readFetch(
  reader: PacketReader,
  pack: PackReader,
  enough: () => boolean,
  explain: (words: string) => string,
): Promise<boolean> {
  let begun = false;
  try {
    for (let packet = await reader.next(); packet !== null; packet = await reader.next()) {
      if (!(packet instanceof Buffer) || !isSideBand(packet)) {
        if (packet instanceof Buffer && packet.toString('latin1', 0, 4) === 'ERR ') {
          throw refused(explain(packet.toString('utf8', 4).trim()));
        }
        if (begun) break;
        continue;
      }
      const [band, payload] = [packet[0], packet.subarray(1)];
      if (band === DATA) {
        begun = true;
        pack.write(payload);
        if (!pack.drained && enough()) return false;
      } else if (band === FAILURE) {
        throw refused(explain(payload.toString('utf8').trim()));
      }
    }
    if (!begun) throw refused('the answer holds no pack');
    pack.end();
    await reader.finish();
    return true;
  } finally {
    await reader.close();
  }
}
