import { crc32, deflateRawSync } from 'node:zlib';

/** An entry as a test wants it, right or wrong: fields that are given override what would be right. */
export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly body?: string | Uint8Array;
  /** Unix mode with its format bits. */
  readonly mode?: number;
  readonly flags?: number;
  /** The system in the upper byte: 0 for DOS, 3 for Unix. */
  readonly madeBy?: number;
  readonly method?: number;
  readonly size?: number;
  readonly crc32?: number;
  readonly packed?: Uint8Array;
  readonly extra?: Uint8Array;
  readonly localName?: string;
  /** Where the directory says that the entry stands. */
  readonly offset?: number;
}

const UTF8 = 0x800;

function headers(entry: ZipEntry, offset: number): { local: Buffer; central: Buffer } {
  const name = Buffer.from(entry.name as Uint8Array);
  const localName = Buffer.from(entry.localName ?? (entry.name as Uint8Array));
  const body = Buffer.from((entry.body ?? '') as Uint8Array);
  const method = entry.method ?? (body.length > 0 ? 8 : 0);
  const packed = Buffer.from(entry.packed ?? (method === 8 ? deflateRawSync(body) : body));
  const extra = Buffer.from(entry.extra ?? []);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(entry.flags ?? UTF8, 2);
  common.writeUInt16LE(method, 4);
  common.writeUInt32LE(entry.crc32 ?? crc32(body), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(entry.size ?? body.length, 18);
  common.writeUInt16LE(localName.length, 22);
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, localName, packed]);
  const central = Buffer.alloc(46);
  central.write('PK\u0001\u0002', 0, 'latin1');
  central.writeUInt16LE(((entry.madeBy ?? 3) << 8) | 20, 4);
  common.copy(central, 6);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(extra.length, 30);
  central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
  central.writeUInt32LE(entry.offset ?? offset, 42);
  return { local, central: Buffer.concat([central, name, extra]) };
}

/** A zip archive (APPNOTE 6.3). `count` overrides the number of entries in its end record. */
export function zip(entries: readonly ZipEntry[], count = entries.length): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = headers(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(count & 0xffff, 8);
  end.writeUInt16LE(count & 0xffff, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
