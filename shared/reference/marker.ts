import { Lexer } from 'yaml';

/** What of a policy's image a marked field holds. */
export type MarkedPart = 'image' | 'name' | 'tag' | 'digest';

/** A comment that marks a field for a policy, as Flux has them: `# {"$imagepolicy": "ns:policy:tag"}`. */
export interface Marker {
  /** Where the comment stands. */
  readonly offset: number;
  /** Where the scalar starts that it marks; null where it marks none. */
  readonly scalar: number | null;
  /** `ns:policy`; null for what can't be read. */
  readonly policy: string | null;
  readonly part: MarkedPart;
}

const KEY = '$imagepolicy';
const NAME = /^([^\s:]+:[^\s:]+)(?::(name|tag|digest))?$/u;

/** A token that says where a comment belongs. A block scalar is its header; `entry` is a list's mark. */
interface Token {
  readonly kind: 'scalar' | 'comment' | 'break' | 'entry' | 'comma' | 'other';
  readonly offset: number;
  readonly text: string;
}

/** By a token's first character; null for what says nothing. */
const KINDS: Readonly<Record<string, Token['kind'] | null>> = {
  ...{ ' ': null, '\t': null, '\ufeff': null },
  ...{ '"': 'scalar', "'": 'scalar', '|': 'scalar', '>': 'scalar' },
  ...{ '#': 'comment', '\n': 'break', '\r': 'break', '-': 'entry', ',': 'comma' },
};
/** The lexer's marks, which stand for no text: a document's start, an error in flow style, a scalar that follows. */
const MARKS: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);
const SCALAR = '\u001f';

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let scalar = false;
  let header = false;
  for (const token of new Lexer().lex(text)) {
    if (!scalar && MARKS.has(token)) {
      scalar = token === SCALAR;
      continue;
    }
    const known = token === '---' ? 'other' : KINDS[token[0] ?? ' '];
    const kind = scalar ? (header ? 'break' : 'scalar') : known === undefined ? 'other' : known;
    if (kind !== null) tokens.push({ kind, offset, text: token });
    if (scalar) header = false;
    else if (token[0] === '|' || token[0] === '>') header = true;
    scalar = false;
    offset += token.length;
  }
  return tokens;
}

/** As Flux reads it: an object of strings, and nothing beside it. */
function nameIn(text: string): string {
  try {
    const object: unknown = JSON.parse(text);
    if (typeof object !== 'object' || object === null) return '';
    const entries = Object.entries(object);
    const name: unknown = entries.find(([key]) => key === KEY)?.[1];
    return typeof name === 'string' && entries.every(([, value]) => typeof value === 'string') ? name : '';
  } catch {
    return '';
  }
}

/** What a comment says; null for one that is about something else, or about markers. */
function readComment(comment: string, trailing: boolean): Pick<Marker, 'policy' | 'part'> | null {
  const text = comment.replace(/^#+/u, '').trim();
  if (!text.includes(KEY) || !(trailing || text.startsWith('{'))) return null;
  const [, policy = null, part = 'image'] = NAME.exec(nameIn(text)) ?? [];
  return { policy, part: part as MarkedPart };
}

/** The item of a list that a comment above it belongs to, if it is a scalar without a comment of its own. */
function itemBelow(tokens: readonly Token[], at: number, entered: boolean): number | null {
  let next = at + 1;
  if (tokens[next++]?.kind !== 'break') return null;
  if (!entered && tokens[next++]?.kind !== 'entry') return null;
  const item = tokens[next++];
  const after = tokens[next]?.kind ?? 'break';
  return item?.kind === 'scalar' && after === 'break' ? item.offset : null;
}

/** All markers of a text, in order, whatever its structure; linear in its length. */
export function markersIn(text: string): readonly Marker[] {
  if (!text.includes(KEY)) return [];
  const tokens = tokensOf(text);
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'comment') return [];
    let before = tokens[at - 1];
    if (before?.kind === 'comma') before = tokens[at - 2];
    const trailing = before !== undefined && before.kind !== 'break' && before.kind !== 'entry';
    const read = readComment(token.text, trailing);
    if (read === null) return [];
    // Where a value is not even written, the parser has it begin at the comment.
    const empty = before?.text === ':' ? token.offset : null;
    const scalar = before?.kind === 'scalar' ? before.offset : empty;
    return [
      { ...read, offset: token.offset, scalar: trailing ? scalar : itemBelow(tokens, at, before?.kind === 'entry') },
    ];
  });
}
