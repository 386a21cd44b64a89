import type { Config } from './config.ts';
import { type Document, readDocument } from './document.ts';
import type { Finding } from './fault.ts';
import { checkImage } from './image-rules.ts';
import { imageSchema } from './image-schema.ts';
import { normaliseConfig } from './normalise.ts';
import { refuse } from './refuse.ts';
import { releaseSchema } from './release-schema.ts';
import { checkMirror } from './rules.ts';
import { configSchema, mirrorSchema, notSupportedYet } from './schema.ts';
import { findingsOf } from './shape.ts';
import { checkTogether } from './together.ts';
import { readList } from './written.ts';

const ABOUT = {
  reason: 'ConfigInvalid',
  file: 'gitferry.yaml',
  hint: 'Correct the file; "gitferry validate gitferry.yaml" shows all faults.',
};

/**
 * Reads `gitferry.yaml`. An empty file means all defaults: nothing is mirrored.
 * @throws Rejected ConfigInvalid with its faults, at most 100, in the order of the file (`facts.faults: Fault[]`), and
 *   how many there are (`facts.count`).
 */
export function parseConfig(bytes: Uint8Array): Config {
  const document = readDocument(bytes);
  const result = configSchema.safeParse(document.value ?? {}, { reportInput: true });
  const issues = result.error?.issues ?? [];
  const shape = issues.flatMap((issue) => findingsOf(issue, notSupportedYet));
  const refused = refuse(ABOUT, document, [...shape, ...checkRules(document.value)]);
  if (refused !== null || !result.success) throw refused ?? new TypeError('An issue without a finding.');
  return normaliseConfig(result.data);
}

/** Judges what rules mean as far as they can be read, so that a slip in one key does not hide what is wrong with another. */
function checkRules(value: Document['value']): readonly Finding[] {
  const mirrors = readList(value, 'mirrors', mirrorSchema);
  const images = readList(value, 'images', imageSchema);
  const releases = readList(value, 'releases', releaseSchema);
  return [
    ...mirrors.flatMap(checkMirror),
    ...images.flatMap(checkImage),
    ...checkTogether({ mirrors, images, releases }),
  ];
}
