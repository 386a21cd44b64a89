import type { PushCapabilities } from './capabilities.ts';
import { FLUSH, type PacketReader, pkt } from './pkt-line.ts';
import type { Move, PushReport } from './remote.ts';

const NOTHING = '0'.repeat(40);

/**
 * The body of a push (gitprotocol-pack, “Reference Update Request”). Of a server whose capabilities are not known only
 * `report-status` is asked, which all of them have: some refuse what they did not offer.
 */
export function renderPush(moves: readonly Move[], pack: Uint8Array, server: PushCapabilities | null): Buffer {
  const words = [
    'report-status',
    ...(server?.sideBand === true ? ['side-band-64k'] : []),
    ...(server?.atomic === true && moves.length > 1 ? ['atomic'] : []),
  ].join(' ');
  const commands = moves.map(({ ref, from, to }, at) =>
    pkt(`${from ?? NOTHING} ${to} ${ref}${at === 0 ? `\0 ${words}` : ''}`),
  );
  return Buffer.concat([...commands, FLUSH, pack]);
}

/** The lines of the report, out of their side band where there is one, and what hooks said beside it. */
async function readLines(
  reader: PacketReader,
  sideBand: boolean,
): Promise<{ readonly lines: string[]; readonly said: string }> {
  const bands: Record<number, Buffer[]> = { 1: [], 2: [], 3: [] };
  const lines: string[] = [];
  for (let packet = await reader.next(); packet !== null; packet = await reader.next()) {
    if (!(packet instanceof Buffer)) continue;
    if (sideBand) bands[packet[0] ?? 0]?.push(packet.subarray(1));
    else lines.push(packet.toString('utf8'));
  }
  for (let rest = Buffer.concat(bands[1] ?? []); rest.length >= 4; ) {
    const length = Number.parseInt(rest.toString('latin1', 0, 4), 16);
    if (!(length > 4)) break;
    lines.push(rest.toString('utf8', 4, length));
    rest = rest.subarray(length);
  }
  // What a carriage return follows was progress, and is written over.
  const said = Buffer.concat([...(bands[2] ?? []), ...(bands[3] ?? [])])
    .toString('utf8')
    .replace(/[^\r\n]*\r(?!\n)/gu, '');
  return { lines: lines.map((line) => line.replace(/\n$/u, '')), said: said.trim().slice(0, 1000) };
}

/** Reads the report; null when the server said nothing of use. `explain` takes secrets out of its words. */
export async function readReport(
  reader: PacketReader,
  moves: readonly Move[],
  sideBand: boolean,
  explain: (words: string) => string,
): Promise<(PushReport & { readonly unpacked: boolean }) | null> {
  const { lines, said } = await readLines(reader, sideBand);
  const unpack = lines.find((line) => line.startsWith('unpack '))?.slice('unpack '.length);
  if (unpack === undefined) return null;
  const moved = new Set<string>();
  const refused = new Map<string, string>();
  for (const { ref } of moves) {
    const no = lines.find((line) => line.startsWith(`ng ${ref} `))?.slice(`ng ${ref} `.length);
    if (unpack === 'ok' && lines.includes(`ok ${ref}`)) moved.add(ref);
    else refused.set(ref, explain([no ?? `unpack ${unpack}`, said].filter((words) => words !== '').join(': ')));
  }
  return { moved, refused, unpacked: unpack === 'ok' };
}
