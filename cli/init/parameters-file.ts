import { type Document, isMap, parseDocument } from 'yaml';
import type { Answers } from './questions.ts';

const HEAD = ` What npx serverless deploy is told, by stage; "default" is for every stage. docs/install.md has all parameters.
 Secrets stand in Secrets Manager; here are their names.`;

/**
 * The text of serverless.params.yml with what was answered for a stage. Other stages and comments of the file that is there
 * stay; null where it has that stage already, which only `force` replaces. @throws Error when it is not readable.
 */
export function parametersFile(present: string | null, answers: Answers, force: boolean): string | null {
  const { stage = '', region: _, ...parameters } = answers;
  const document = read(present);
  if (document === null) throw new Error('This file can’t be extended.');
  if (document.has(stage) && !force) return null;
  if (present === null) document.commentBefore = HEAD;
  document.set(stage, document.createNode(parameters));
  return document.toString({ lineWidth: 0 });
}

/** Whether a file is one that can be extended. */
export function isReadable(present: string | null): boolean {
  return read(present) !== null;
}

/** Whether a file has a stage. */
export function hasStage(present: string | null, stage: string): boolean {
  return read(present)?.has(stage) ?? false;
}

function read(present: string | null): Document | null {
  const document: Document = parseDocument(present ?? '');
  const isSound = document.errors.length === 0 && (document.contents === null || isMap(document.contents));
  return isSound ? document : null;
}
