import { type Document, isAlias, isCollection, isPair, isScalar } from 'yaml';
import { Rejected } from '../errors.ts';

/** In nodes: what aliases and merge keys may add to a document, and how deep it may nest. */
const MAX_ADDED = 200_000;
const MAX_DEPTH = 200;

function tooComplex(what: string): Rejected {
  return new Rejected('YamlTooComplex', `The YAML ${what}.`, { hint: 'No manifest needs this; write it plainly.' });
}

/** Counts a document's nodes as if its aliases were written out. */
class Counter {
  #added = 0;
  readonly #anchors = new Map<string, number>();

  count(node: unknown, depth = 0): number {
    if (depth > MAX_DEPTH) throw tooComplex('nests too deeply');
    if (isPair(node)) return this.count(node.key, depth) + this.count(node.value, depth);
    if (isAlias(node)) return this.#add(this.#anchors.get(node.source) ?? 0);
    let sum = 1;
    if (isCollection(node)) for (const item of node.items) sum += this.count(item, depth + 1);
    const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, sum);
    return sum;
  }

  #add(nodes: number): number {
    this.#added += nodes;
    if (this.#added > MAX_ADDED) throw tooComplex('grows too much by its aliases');
    return nodes;
  }
}

/**
 * That a document can be read in time and memory that its length bounds. Linear in the number of its nodes.
 *
 * @throws Rejected `YamlTooComplex`
 */
export function checkGrowth(document: Document): void {
  new Counter().count(document.contents);
}
