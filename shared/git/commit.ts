import type { GitObject, Oid } from './object.ts';

/** Who made a commit, and when. `seconds` since the epoch; `zone` as git writes it, `+0000`. */
export interface Identity {
  readonly name: string;
  readonly email: string;
  readonly seconds: number;
  readonly zone: string;
}

/** A commit, parsed. `signature` is armoured; `payload` is what it signs. */
export interface Commit {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Identity;
  readonly committer: Identity;
  readonly message: string;
  readonly signature: string | null;
  readonly payload: Uint8Array;
}

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

/** A name or an address as git would accept it: a newline or an angle bracket would end the header early. */
function clean(text: string): string {
  return text.replace(/[\u0000-\u001f<>\u007f]/gu, ' ').trim() || 'unknown';
}

function identityLine({ name, email, seconds, zone }: Identity): string {
  return `${clean(name)} <${clean(email)}> ${seconds} ${zone}`;
}

/** The commit object, unsigned: what a signer signs. */
export function renderCommit(
  commit: Pick<Commit, 'tree' | 'parents' | 'author' | 'committer' | 'message'>,
): Uint8Array {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${identityLine(commit.author)}`,
    `committer ${identityLine(commit.committer)}`,
    '',
    commit.message.replaceAll('\0', ''),
  ];
  return encoder.encode(lines.join('\n'));
}

/** Puts an armoured signature where git looks for it: a `gpgsig` header, continued by a space a line. */
export function withSignature(payload: Uint8Array, armoured: string): Uint8Array {
  const text = Buffer.from(payload).toString('latin1');
  const end = text.indexOf('\n\n');
  const header = `\ngpgsig ${armoured.trimEnd().replaceAll('\n', '\n ')}`;
  return Buffer.from(text.slice(0, end) + header + text.slice(end), 'latin1');
}

function parseIdentity(line: string): Identity {
  const match = /^(.*?) ?<([^>]*)> (-?\d+) ([+-]\d{4})$/u.exec(line);
  if (match === null) return { name: line, email: '', seconds: 0, zone: '+0000' };
  const [, name = '', email = '', seconds = '0', zone = '+0000'] = match;
  return { name, email, seconds: Number(seconds), zone };
}

/** Reads a commit object; headers that gitferry has no use for (encoding, mergetag) are passed over. */
export function parseCommit({ bytes }: GitObject): Commit {
  const raw = Buffer.from(bytes).toString('latin1');
  const end = raw.indexOf('\n\n');
  const head = end === -1 ? raw : raw.slice(0, end);
  const headers = head.replace(/\n /gu, '\u0001').split('\n');
  const values = (name: string): string[] =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const utf8 = (latin1: string): string => decoder.decode(Buffer.from(latin1, 'latin1'));
  const signed = values('gpgsig')[0];
  const unsigned = headers
    .filter((line) => !line.startsWith('gpgsig '))
    .join('\n')
    .replaceAll('\u0001', '\n ');
  return {
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parseIdentity(utf8(values('author')[0] ?? '')),
    committer: parseIdentity(utf8(values('committer')[0] ?? '')),
    message: end === -1 ? '' : utf8(raw.slice(end + 2)),
    signature: signed === undefined ? null : signed.replaceAll('\u0001', '\n'),
    payload: signed === undefined ? bytes : Buffer.from(unsigned + (end === -1 ? '' : raw.slice(end)), 'latin1'),
  };
}
