import { type Document, isMap, parseDocument } from 'yaml';
import type { Answers } from './questions.ts';

const HEAD = ` What npx serverless deploy is told, by stage; "default" is for every stage. docs/install.md has all parameters.
 Secrets stand in Secrets Manager; here are their names.`;

/** Why a file was not extended: it has the stage already, or is none of ours. */
export type Obstacle = 'has-stage' | 'unreadable';

/**
 * The text of serverless.params.yml with what was answered for a stage. Other stages and comments of the file that is there
 * stay; a stage that it has already is replaced only by `force`.
 */
export function parametersFile(present: string | null, answers: Answers, force: boolean): string | Obstacle {
  const { stage = '', region: _, ...parameters } = answers;
  const document: Document = parseDocument(present ?? '');
  if (document.errors.length > 0 || !(document.contents === null || isMap(document.contents))) return 'unreadable';
  if (document.has(stage) && !force) return 'has-stage';
  if (present === null) document.commentBefore = HEAD;
  document.set(stage, document.createNode(parameters));
  return document.toString({ lineWidth: 0 });
}
