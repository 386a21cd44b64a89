import type { Problem, Reference } from './reference.ts';
import { survey } from './survey.ts';

export { mayRefer } from './mention.ts';

export interface Found {
  /** In the order of the file. */
  readonly references: readonly Reference[];
  readonly problems: readonly Problem[];
}

/**
 * What a file names. `images`: canonical, whose references are looked for without a marker. Problems do not keep the
 * other references from being set.
 *
 * @throws Rejected `NotUtf8`, `TemplateFile`, `YamlInvalid`, `YamlTooLarge`, `YamlTooComplex`: the file is to be left alone
 */
export function findReferences(text: string, images: ReadonlySet<string>): Found {
  const { located, problems } = survey(text, images);
  return { references: located.map(({ reference }) => reference), problems };
}
