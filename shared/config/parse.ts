import { Rejected } from '../errors.ts';
import type { Config } from './config.ts';
import { type Document, readDocument } from './document.ts';
import type { Fault, Finding } from './fault.ts';
import { checkImage } from './image-rules.ts';
import { imageSchema } from './image-schema.ts';
import { normaliseConfig } from './normalise.ts';
import { releaseSchema } from './release-schema.ts';
import { checkMirror } from './rules.ts';
import { configSchema, mirrorSchema } from './schema.ts';
import { findingsOf } from './shape.ts';
import { checkTogether } from './together.ts';
import { readList } from './written.ts';

/** As many faults as one message can carry. */
const FAULTS = 100;

/**
 * Reads `gitferry.yaml`. An empty file means all defaults: nothing is mirrored.
 * @throws Rejected ConfigInvalid with its faults, at most 100, in the order of the file (`facts.faults: Fault[]`), and
 *   how many there are (`facts.count`).
 */
export function parseConfig(bytes: Uint8Array): Config {
  const document = readDocument(bytes);
  const result = configSchema.safeParse(document.value ?? {}, { reportInput: true });
  const findings = [...(result.error?.issues ?? []).flatMap(findingsOf), ...checkRules(document.value)];
  const count = document.faults.length + findings.length;
  if (!result.success || count > 0) {
    const placed = findings.slice(0, FAULTS).map(document.place);
    throw invalid([...document.faults, ...placed].slice(0, FAULTS), count);
  }
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

function invalid(faults: readonly Fault[], count: number): Rejected {
  const sorted = faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const [first] = sorted;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  return new Rejected(
    'ConfigInvalid',
    `gitferry.yaml line ${first?.line}, column ${first?.column}: ${first?.message}${more}`,
    {
      hint: 'Correct the file; "gitferry validate gitferry.yaml" shows all faults.',
      facts: { faults: sorted, count },
    },
  );
}
