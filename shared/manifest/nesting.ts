import { Lexer } from 'yaml';
import { Rejected } from '../errors.ts';

/** Tokens that cost a YAML parser more than their length, and how many of each a document stream may hold. */
const LIMITS: Readonly<Record<string, readonly [limit: number, name: string]>> = {
  '&': [500, 'anchors'],
  '*': [1000, 'aliases'],
  '!': [500, 'tags'],
  '?': [50, 'explicit keys'],
};
const MAX_DEPTH = 100;
/** The lexer's mark before a plain or block scalar, whose text must not be taken for tokens. */
const SCALAR = '\u001f';

function tooComplex(what: string): Rejected {
  return new Rejected('YamlTooComplex', `The YAML holds ${what}.`, {
    hint: 'No manifest needs this; write it plainly.',
  });
}

/**
 * Looks over the tokens of YAML, in time linear in its length, before it is parsed: nested keys cost the parser cubic
 * time, anchors, tags and unbalanced brackets quadratic, nesting its stack.
 *
 * @throws Rejected `YamlTooComplex`
 */
export function checkNesting(text: string): void {
  const counts: Record<string, number> = {};
  let depth = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (scalar || token === SCALAR) {
      scalar = token === SCALAR;
      continue;
    }
    const first = token[0] ?? '';
    if (first === '[' || first === '{') depth += 1;
    if (first === ']' || first === '}') depth -= 1;
    if (depth > MAX_DEPTH || depth < 0) throw tooComplex('brackets nested too deeply, or closed too often');
    const limit = LIMITS[first];
    if (limit === undefined) continue;
    const count = (counts[first] ?? 0) + 1;
    counts[first] = count;
    if (count > limit[0]) throw tooComplex(`more than ${limit[0]} ${limit[1]}`);
  }
}
