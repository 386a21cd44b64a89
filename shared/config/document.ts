import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { type Fault, type Finding, formatPath } from './fault.ts';

/** More is no configuration that a person wrote. */
const BYTES = 1024 * 1024;
const ALIASES = 100;

/** A YAML file as plain values, and the way back from a value to its place in the file. */
export interface Document {
  readonly value: unknown;
  /** What makes the file no document; the value is null then, unless keys that are there twice are all: the last counts. */
  readonly faults: readonly Fault[];
  readonly place: (finding: Finding) => Fault;
}

type Position = Pick<Fault, 'line' | 'column'>;

/** Reads one hostile YAML document: bounded in size, depth and aliases, no tag of its own, no key twice. */
export function readDocument(bytes: Uint8Array): Document {
  if (bytes.length > BYTES) return unreadable('FileTooLarge', `The file has more than ${BYTES} bytes.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return unreadable('NotUtf8', 'The file is not UTF-8.');
  }
  const lines = new LineCounter();
  // The library compares each key of a map with all others; a set does it in time.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const faults: Fault[] = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    ...at(pos[0]),
    path: '',
    reason: 'YamlInvalid',
    message: firstLine(message),
  }));
  const start = (node: Node | null): Position => at(node?.range?.[0] ?? 0);

  faults.push(...oddities(document, start));
  let value: unknown = null;
  try {
    // Behind any other fault the structure is a guess, and what is found there may be no fault at all.
    if (faults.every(({ reason }) => reason === 'KeyTwice')) value = document.toJS();
  } catch (error) {
    faults.push({ line: 1, column: 1, path: '', reason: 'YamlInvalid', message: firstLine((error as Error).message) });
  }

  const follow = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const locate = ({ path, at: end }: Finding): Position => {
    let node: unknown = document.contents;
    let found = start(document.contents);
    for (const [index, step] of path.entries()) {
      const parent = follow(node);
      const pair = isMap(parent)
        ? parent.items.findLast(({ key }) => isScalar(key) && String(key.value) === step)
        : undefined;
      const child = isSeq(parent) ? parent.items[Number(step)] : pair?.value;
      if (child === undefined && pair === undefined) break;
      const keyWanted = pair !== undefined && end === 'key' && index === path.length - 1;
      found = start((keyWanted || child === null ? pair?.key : child) as Node);
      node = child;
    }
    return found;
  };
  return {
    value,
    faults,
    place: (finding) => {
      const { path, reason, message } = finding;
      return { ...locate(finding), path: formatPath(path), reason, message };
    },
  };
}

/** What YAML allows and a configuration has no use for: keys that are no words or there twice, aliases without end. */
function oddities(document: ReturnType<typeof parseDocument>, start: (node: Node) => Position): readonly Fault[] {
  const faults: Fault[] = [];
  const find = (node: unknown, reason: string, message: string): void => {
    faults.push({ ...start(node as Node), path: '', reason, message });
  };
  let aliases = 0;
  visit(document, {
    Alias(_, alias) {
      aliases += 1;
      // Each look-up walks the document, so their number is bounded here, and what they expand to by `toJS`.
      if (aliases > ALIASES) find(alias, 'YamlInvalid', `There are more than ${ALIASES} aliases.`);
      else if (alias.resolve(document) === undefined)
        find(alias, 'YamlInvalid', `The alias *${alias.source} has no anchor before it.`);
      return aliases > ALIASES ? visit.BREAK : undefined;
    },
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : null;
        if (name === null) find(key, 'KeyInvalid', 'A key must be a word.');
        else if (seen.has(name)) find(key, 'KeyTwice', `The key ${JSON.stringify(name)} is there twice.`);
        else seen.add(name);
      }
    },
  });
  return faults;
}

function unreadable(reason: string, message: string): Document {
  const fault = { line: 1, column: 1, path: '', reason, message };
  return { value: null, faults: [fault], place: () => fault };
}

function firstLine(message: string): string {
  const [line = ''] = message.split('\n');
  return line.endsWith('.') ? line : `${line}.`;
}
