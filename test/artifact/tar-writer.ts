import { gzipSync } from 'node:zlib';

/** An entry as a test wants it, right or wrong: fields that are given override what would be right. */
export interface TarEntry {
  readonly name: string | Uint8Array;
  readonly body?: string | Uint8Array;
  readonly type?: string;
  readonly mode?: number;
  readonly size?: string;
  readonly checksum?: string;
  readonly magic?: string;
}

const BLOCK = 512;

function pad(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

export function tarEntry({ name, body = '', type = '0', mode = 0o644, size, checksum, magic }: TarEntry): Buffer {
  const content = Buffer.from(body as Uint8Array);
  const header = Buffer.alloc(BLOCK);
  Buffer.from(name as Uint8Array).copy(header, 0, 0, 100);
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100, 'latin1');
  header.write('0000000\u00000000000\0', 108, 'latin1');
  header.write(size ?? `${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('00000000000\0        ', 136, 'latin1');
  header.write(type, 156, 'latin1');
  header.write(magic ?? 'ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, pad(content)]);
}

export function paxEntry(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    const digits = String(rest + String(rest).length).length;
    return `${rest + digits} ${key}=${value}\n`;
  });
  return tarEntry({ name: 'pax', type, body: lines.join('') });
}

/** A tar archive of entries, or of blocks made by the functions above. */
export function tar(...entries: readonly (TarEntry | Buffer)[]): Buffer {
  const blocks = entries.map((entry) => (Buffer.isBuffer(entry) ? entry : tarEntry(entry)));
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

export function tgz(...entries: readonly (TarEntry | Buffer)[]): Buffer {
  return gzipSync(tar(...entries));
}
