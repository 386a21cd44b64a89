import {
  Composer,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  Parser,
  visit,
  type YAMLMap,
} from 'yaml';
import { Rejected } from '../errors.ts';
import { checkGrowth } from './growth.ts';
import { checkNesting } from './nesting.ts';

const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_ALIASES = 1000;

/** Line ends to YAML 1.1, which Kubernetes' readers keep to, and text to this one: one would read what the other skips. */
const DISPUTED = /[\u0085\u2028\u2029]|\r(?!\n)/u;

const OPTIONS = { merge: true, stringKeys: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;

interface Fault {
  readonly message: string;
  readonly offset: number;
}

/** Found with a set a mapping: the library would compare each key with each other. */
function duplicateKey(map: YAMLMap): Fault | null {
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    const name = isScalar(key) ? key.value : key;
    // Merge keys are no names: each brings its own.
    if (name !== '<<' && seen.has(name)) {
      return { message: `the key ${JSON.stringify(name)} occurs twice`, offset: offsetOf(key) };
    }
    seen.add(name);
  }
  return null;
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Faults that the library leaves to the conversion, without their place, or does not see. */
function faultInside(document: Document): Fault | null {
  const anchors = new Set<string>();
  let fault: Fault | null = null;
  visit(document, (_, node, path) => {
    if (isAlias(node)) {
      const inside = path.some((parent) => isCollection(parent) && parent.anchor === node.source);
      if (!anchors.has(node.source) || inside) {
        fault = { message: `the alias *${node.source} refers to nothing before it`, offset: offsetOf(node) };
      }
    } else if (isNode(node) && node.anchor !== undefined) anchors.add(node.anchor);
    if (isMap(node)) fault ??= duplicateKey(node);
    return fault === null ? undefined : visit.BREAK;
  });
  return fault;
}

function faultOf(document: Document): Fault | null {
  const [error] = [...document.errors, ...document.warnings];
  return error === undefined ? faultInside(document) : { message: error.message, offset: error.pos[0] };
}

function invalid(fault: Fault, lines: LineCounter): Rejected {
  const { line, col: column } = lines.linePos(fault.offset);
  return new Rejected('YamlInvalid', `The YAML is not valid at line ${line}, column ${column}: ${fault.message}.`, {
    hint: 'Correct the file, and upload it again.',
    facts: { line, column },
  });
}

/**
 * All documents in YAML (1.2) or JSON, one after the other, each sound by itself: merge keys, no tags but YAML's own, no
 * key twice, no alias without its anchor, none that grow beyond use. Stops at the first fault. Takes less than a second
 * for a MiB, whatever it holds.
 *
 * @throws Rejected `YamlInvalid` (with `facts.line` and `.column`), `YamlTooLarge`, `YamlTooComplex`
 */
export function* parseDocuments(text: string, lines = new LineCounter()): Generator<Document> {
  if (text.length > MAX_CHARACTERS) {
    throw new Rejected('YamlTooLarge', `The YAML has ${text.length} characters; ${MAX_CHARACTERS} are allowed.`, {
      hint: 'Split it into several files.',
      facts: { limit: MAX_CHARACTERS },
    });
  }
  checkNesting(text);
  const tokens = new Parser(lines.addNewLine).parse(text);
  for (const document of new Composer(OPTIONS).compose(tokens)) {
    const fault = faultOf(document);
    if (fault !== null) throw invalid(fault, lines);
    checkGrowth(document);
    yield document;
  }
  const disputed = text.search(DISPUTED);
  if (disputed !== -1) throw invalid({ message: 'a line separator that readers disagree on', offset: disputed }, lines);
}

/** The values of all documents (`parseDocuments`), as Kubernetes reads them. */
export function readDocuments(text: string): readonly unknown[] {
  const values: unknown[] = [];
  for (const document of parseDocuments(text)) values.push(contentOf(document));
  return values;
}

function contentOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new Rejected('YamlTooComplex', 'The YAML grows too much by its aliases, or nests too deeply.', {
      hint: 'No manifest needs this; write it plainly.',
      cause,
    });
  }
}
