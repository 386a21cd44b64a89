import { type Alias, type Document, isAlias, isNode, LineCounter, type Node, visit } from 'yaml';
import { Rejected } from '../errors.ts';
import { parseDocuments } from '../manifest/documents.ts';
import { notUtf8 } from './text.ts';

/** The YAML of a file, or of a string in a file, as it was parsed. */
export interface Source {
  readonly text: string;
  readonly documents: readonly Document[];
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
  /** From a place in this text to its place in the file. */
  readonly place: (offset: number) => number;
}

/**
 * Parses YAML that may be edited. What only a template engine can read is told apart from what is wrong.
 *
 * @throws Rejected `NotUtf8`, `TemplateFile`, `YamlInvalid`, `YamlTooLarge`, `YamlTooComplex`
 */
export function readSource(text: string, lines?: LineCounter, place = (offset: number): number => offset): Source {
  // What stands for bytes that were no text would be written back as itself.
  if (text.includes('\ufffd')) throw notUtf8();
  const documents: Document[] = [];
  const targets = new Map<Alias, Node>();
  try {
    for (const document of parseDocuments(text, lines ?? new LineCounter())) {
      resolveAliases(document, targets);
      documents.push(document);
    }
  } catch (fault) {
    if (!(fault instanceof Rejected) || fault.reason !== 'YamlInvalid' || !text.includes('{{')) throw fault;
    throw new Rejected('TemplateFile', `Only a template engine can read this file: ${fault.message}`, {
      hint: 'Name the image in the values that the template is rendered with.',
      facts: fault.facts,
      cause: fault,
    });
  }
  return { text, documents, targets, place };
}

function resolveAliases(document: Document, targets: Map<Alias, Node>): void {
  const anchors = new Map<string, Node>();
  visit(document, (_, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
  });
}
