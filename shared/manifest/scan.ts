import { HOLE, readTemplate, SEAM, unescaped } from './template.ts';

/** An object as a template shows it: the words that its kind may be, and its apiVersion, null where it can't be read. */
export interface Sighting {
  readonly kinds: readonly string[];
  readonly apiVersion: string | null;
}

/** A line: where its first character is (-1: none), its key with tags and anchors, and the key; what it states. */
interface Line {
  readonly text: string;
  readonly start: number;
  readonly column: number;
  readonly key: number;
  readonly apiVersion: string | null;
  readonly version: RegExpExecArray | null;
  readonly isFlow: boolean;
}

/** As YAML 1.1 breaks lines, which Helm's reader keeps to. */
const BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/u;
/** What may stand before a key: list marks and brackets; then tags and anchors. */
const PREFIX = /^([\s\-?{[,]*)(?:[!&]\S*\s+)*/u;
const KIND = /(["']?)\bkind\1\s*:/gu;
const API_VERSION = /(["']?)\bapiVersion\1\s*:\s*(["']?)([^\s"',}]*)\2/u;
const EXPLICIT_KEY = /\?[ \t]+(["']?)(kind|apiVersion)\1[ \t]*(?:\r\n|[\n\r])[ \t]*:/gu;
const ANCHOR = /&([^\s,}\]]+)\s+["']?(\w+)/gu;
/** A value that starts on a later line: behind a tag, an anchor, the mark of a block scalar, a comment. */
const VALUE_FOLLOWS = /^\s*(?:[!&]\S*(?:\s+|$)|[|>][-+\d]*(?:\s+|$)|#.*)*$/u;
/** How far an object's apiVersion may be from its kind, in lines; and how long its kind may be. */
const WINDOW = 200;
const MAX_VALUE = 300;

function parseLine(text: string): Line {
  const prefix = PREFIX.exec(text);
  const key = prefix?.[0].length ?? 0;
  const version = API_VERSION.exec(text);
  const apiVersion = version?.index === key ? (version[3] ?? '') : null;
  const column = prefix?.[1]?.length ?? 0;
  return { text, start: text.search(/\S/u), column, key, apiVersion, version, isFlow: text.includes('{') };
}

function readable(apiVersion: string): string | null {
  return /^[\w./-]+$/u.test(apiVersion) ? apiVersion : null;
}

/**
 * The apiVersion beside a key in this column: null when there is one that can't be read, or when an action on a line
 * of its own may print one; undefined when there is none.
 */
function siblingVersion(lines: readonly Line[], at: number, column: number): string | null | undefined {
  let unknown = false;
  for (const step of [-1, 1]) {
    for (let next = at; ; next += step) {
      const line = lines[next];
      if (line === undefined) break;
      if (line.column === column && line.apiVersion !== null) return readable(line.apiVersion);
      const isHole = line.text[line.key] === HOLE;
      if (isHole || Math.abs(next - at) === WINDOW) unknown = true;
      if (Math.abs(next - at) === WINDOW) break;
      if (line.start === -1 || isHole || line.text[line.start] === '#') continue;
      // A line left of the column ends the object; or starts it, as the list mark before its first key does.
      if (line.start < column && (step === -1 || next !== at)) break;
    }
  }
  return unknown ? null : undefined;
}

/** The words of a kind's value: of this line, or of the next ones when it starts there. */
function words(value: string, lines: readonly Line[], at: number, anchors: ReadonlyMap<string, string>): string[] {
  const alias = /^\s*\*([^\s,}\]]+)/u.exec(value)?.[1];
  if (alias !== undefined) return [anchors.get(alias) ?? ''];
  const parts = [value];
  for (let next = at + 1; VALUE_FOLLOWS.test(parts.at(-1) ?? '') && next < at + 20; next += 1) {
    parts.push(lines[next]?.text.slice(0, MAX_VALUE) ?? '');
  }
  return parts
    .join(' ')
    .split(/[^A-Za-z0-9]+/u)
    .filter((word) => word !== '');
}

function* scanDocument(document: string): Generator<Sighting> {
  const lines = document.replace(EXPLICIT_KEY, '$1$2$1:').split(BREAK).map(parseLine);
  const anchors = new Map([...document.matchAll(ANCHOR)].map(([, name = '', word = '']) => [name, word]));
  const merges = /<<["']?\s*:/u.test(document);
  for (const [at, line] of lines.entries()) {
    if (line.text[line.start] === '#' && !line.text.includes(HOLE)) continue;
    for (const match of line.text.matchAll(KIND)) {
      const rest = line.text.slice(match.index + match[0].length).slice(0, MAX_VALUE);
      const inFlow = line.isFlow || match.index !== line.key || match[1] === '"';
      const kinds = words(inFlow ? (rest.split(/[,}]/u, 1)[0] ?? '') : rest, lines, at, anchors);
      const beside = line.version === null ? undefined : readable(line.version[3] ?? '');
      const column = match.index === line.key ? line.column : match.index;
      const version = beside === undefined ? siblingVersion(lines, at, column) : beside;
      // Without an apiVersion beside it, a kind refers to an object; unless it stands outermost, or may be merged.
      if (version === undefined && column > 0 && !merges && !line.isFlow) continue;
      yield { kinds, apiVersion: version ?? null };
    }
  }
}

/** Objects that an action builds: `dict "kind" "Application"`, `printf "kind: %s" "Application"`. */
function* scanAction(action: string): Generator<Sighting> {
  if (!action.includes('kind') && !action.includes('\\')) return;
  const literals = [...action.matchAll(/"((?:\\.|[^"\\])*)"|`([^`]*)`/gsu)].map(([, a, b]) => unescaped(a ?? b ?? ''));
  const text = literals.join('\n');
  if (!/\bkind\b/u.test(text)) return;
  const key = literals.indexOf('apiVersion');
  const version = key === -1 ? API_VERSION.exec(text)?.[3] : literals[key + 1];
  const kinds = text.split(/[^A-Za-z0-9]+/u).filter((word) => word !== '');
  yield { kinds, apiVersion: readable(version ?? '') };
}

/**
 * The objects of a template, by its `kind:` lines: in block or flow style, quoted, escaped, tagged, anchored, as an
 * explicit key, on the next line, split or chosen by actions, or spelt in one.
 *
 * What only rendering will show: kinds made of values (`kind: {{ .Values.kind }}`, `toYaml .Values.extraObjects`), of
 * variables, or of pieces; what `tpl` and `.Files` bring in; an apiVersion that a partial repeats behind a readable one.
 */
export function* scanTemplate(source: string): Generator<Sighting> {
  const template = readTemplate(source);
  const text = unescaped(template.text);
  // Once as if all branches were taken, which finds split words, and once with the branches apart.
  for (const seam of text.includes(SEAM) ? ['', ' '] : ['']) {
    for (const document of text.replaceAll(SEAM, seam).split(/^---/mu)) yield* scanDocument(document);
  }
  for (const action of template.actions) yield* scanAction(action);
}
