import type { ImageUnit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import type { FileReferences } from './references.ts';

/** What is wrong with a reference or a marker; a file that can't be read at all need not be meant. */
const TELLING = /^(?:Marker|Reference)/u;

/** As many as one message lists. */
const LISTED = 20;

/**
 * Tells, with file and line, of markers and references that no policy can set: once, when a policy that looks there is
 * new or changed. Those that a policy waits for are told by it.
 */
export function tellProblems(batch: Batch, units: readonly ImageUnit[], files: readonly FileReferences[]): void {
  const { mirrors } = batch.round.head;
  const fresh = units.filter(({ id, rule }) => mirrors[id]?.rule !== rule);
  const covered = files.filter(({ path }) =>
    batch.references.covering(path).some((rule) => fresh.some(({ image }) => image === rule)),
  );
  const found = covered.flatMap(({ path, problems }) =>
    problems
      .filter(({ reason, rules }) => TELLING.test(reason) && rules === undefined)
      .map((problem) => ({ ...problem, path })),
  );
  for (const [reason, same] of Map.groupBy(found, ({ reason }) => reason)) {
    const [first] = same;
    const more = same.length > 1 ? ` (and ${same.length - 1} more)` : '';
    const paths = same.slice(0, LISTED).map(({ path, line }) => `${path}:${line}`);
    batch.events.push({
      ...batch.event(null, null),
      type: 'waiting',
      reason,
      message: `${paths[0]}: ${first?.message}${more}`,
      hint: 'Correct the line, or the policies of gitferry.yaml; what is listed here is left alone until then.',
      paths,
    });
  }
}
