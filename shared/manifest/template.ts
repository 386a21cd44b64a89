/** Stands for what a template's action prints, which only rendering could tell. */
export const HOLE = '\ufffc';
/** Stands where an action prints nothing, but text may come from one side of it only (`{{ else }}`). */
export const SEAM = '\ufff9';

/** A Go template as far as it can be read without rendering it. */
export interface Template {
  /** The text, with literal actions in place, holes for other actions that print, and seams for those that don't. */
  readonly text: string;
  /** The bodies of the actions. */
  readonly actions: readonly string[];
}

const COMMENT_OPEN = /\{\{(?:-\s)?\/\*/uy;
const COMMENT_CLOSE = /\*\/(?:\s-)?\}\}/gu;
/** An action to its end: strings, raw strings and characters may hold braces. */
const ACTION = /\{\{(-(?=\s))?((?:"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|(?!\}\})[^"`'])*?)((?<=\s)-)?\}\}/suy;
const SILENT = /^\s*(?:(?:if|else|end|range|with|define|break|continue|fail)\b|\$\w*\s*:?=|\/\*)/u;
const LITERAL = /^\s*(?:"((?:\\.|[^"\\])*)"|`([^`]*)`)\s*$/su;

function printed(action: string): string {
  const literal = LITERAL.exec(action);
  if (literal !== null) return literal[1] === undefined ? (literal[2] ?? '') : unescaped(literal[1]);
  return SILENT.test(action) ? SEAM : HOLE;
}

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(n))/gu;

/** Text with the escapes that Go and YAML share resolved, as far as they could hide a letter or a line. */
export function unescaped(text: string): string {
  return text.replace(ESCAPE, (whole: string, x?: string, u?: string, long?: string, newline?: string) => {
    if (newline !== undefined) return '\n';
    const code = Number.parseInt(x ?? u ?? long ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The match at or, for a pattern that is not sticky, behind this place. */
function matchFrom(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Where the comment that opens here ends; null when there is none, -1 when it is not closed. */
function endOfComment(source: string, open: number): number | null {
  const opener = matchFrom(COMMENT_OPEN, source, open);
  if (opener === null) return null;
  const close = matchFrom(COMMENT_CLOSE, source, open + opener[0].length);
  return close === null ? -1 : close.index + close[0].length;
}

/**
 * Reads a Go template as text/template's lexer does (actions, comments, trim markers); behind an action that is not
 * closed, where Go gives up, all is text. A line break that a trim marker eats is kept beside a hole, so that what the
 * hole stands for is still seen as a line of its own.
 */
export function readTemplate(source: string): Template {
  const pieces: string[] = [];
  const actions: string[] = [];
  let at = 0;
  let trim = false;
  const addText = (text: string): void => {
    pieces.push(trim ? text.trimStart() : text);
    trim = false;
  };
  for (let open = source.indexOf('{{'); open !== -1; open = source.indexOf('{{', at)) {
    const comment = endOfComment(source, open);
    const action = comment === null ? matchFrom(ACTION, source, open) : null;
    if (comment === -1 || (comment === null && action === null)) break;
    const [whole = '', trimBefore, body = '', trimAfter] = action ?? [];
    const print = action === null ? '' : printed(body);
    const glues = print !== SEAM && print !== HOLE;
    const text = source.slice(at, open);
    addText(glues && trimBefore !== undefined ? text.trimEnd() : text);
    pieces.push(print);
    trim = glues && trimAfter !== undefined;
    if (action !== null) actions.push(body);
    at = comment ?? open + whole.length;
  }
  addText(source.slice(at));
  return { text: pieces.join(''), actions };
}
