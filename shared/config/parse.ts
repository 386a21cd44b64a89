import { Rejected } from '../errors.ts';
import type { Config } from './config.ts';
import { type Document, readDocument } from './document.ts';
import type { Fault, Finding } from './fault.ts';
import { normaliseConfig, normaliseMirror } from './normalise.ts';
import { checkMirror, checkTogether, type Placed } from './rules.ts';
import { configSchema, mirrorSchema } from './schema.ts';
import { findingsOf } from './shape.ts';

/** As many faults as one message can carry. */
const FAULTS = 100;

/**
 * Reads `gitferry.yaml`. An empty file means all defaults: nothing is mirrored.
 * @throws Rejected ConfigInvalid with its faults, at most 100, in the order of the file (`facts.faults: Fault[]`), and
 *   how many there are (`facts.count`).
 */
export function parseConfig(bytes: Uint8Array): Config {
  const document = readDocument(bytes);
  if (document.faults.length > 0) throw invalid(document.faults.slice(0, FAULTS), document.faults.length);
  const result = configSchema.safeParse(document.value ?? {}, { reportInput: true });
  const findings = [...(result.error?.issues ?? []).flatMap(findingsOf), ...checkRules(document.value)];
  if (!result.success || findings.length > 0)
    throw invalid(findings.slice(0, FAULTS).map(document.place), findings.length);
  return normaliseConfig(result.data);
}

/** Judges what mirrors mean as far as they can be read, so that a slip in one key does not hide what is wrong with another. */
function checkRules(value: Document['value']): readonly Finding[] {
  const mirrors = (value as { mirrors?: unknown } | null)?.mirrors;
  if (!Array.isArray(mirrors)) return [];
  const findings: Finding[] = [];
  const placed: Placed[] = [];
  for (const [index, written] of mirrors.slice(0, 1000).entries()) {
    const path = ['mirrors', index];
    const shape = mirrorSchema.strip().safeParse(written);
    if (!shape.success) continue;
    findings.push(...checkMirror(shape.data, written as object, path));
    if (shape.data.chart !== undefined || shape.data.files !== undefined)
      placed.push({ mirror: normaliseMirror(shape.data), path });
  }
  return [...findings, ...checkTogether(placed)];
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
