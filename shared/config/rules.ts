import type { Mirror } from './config.ts';
import type { Finding } from './fault.ts';
import { overlap } from './place.ts';
import type { MirrorShape } from './schema.ts';

const chartOnly = ['unpack', 'versions', 'select', 'allowRepublish'] as const;

/** What one mirror's keys contradict each other in. `written` has the keys that the file names, defaults left out. */
export function checkMirror(mirror: MirrorShape, written: object, path: Finding['path']): readonly Finding[] {
  const findings: Finding[] = [];
  const find = (key: string | null, reason: string, message: string): void => {
    findings.push({ path: key === null ? path : [...path, key], at: 'key', reason, message });
  };
  if (mirror.chart === undefined && mirror.files === undefined)
    find(null, 'PlaceMissing', 'The mirror says neither chart nor files: where do its uploads go?');
  if (mirror.chart !== undefined && mirror.files !== undefined)
    find('files', 'PlaceTwice', 'The mirror says both chart and files: make two mirrors of it.');
  if (mirror.files !== undefined && mirror.chart === undefined)
    for (const key of chartOnly)
      if (Object.hasOwn(written, key))
        find(key, 'KeyContradicts', `${key} is about charts, and this mirror carries files.`);
  if (mirror.chart?.endsWith('.tgz') && mirror.unpack)
    find('chart', 'KeyContradicts', 'chart names an archive: say "unpack: false", or name a folder.');
  if (mirror.chart !== undefined && !mirror.chart.endsWith('.tgz') && !mirror.unpack)
    find('chart', 'KeyContradicts', 'Charts stay packed here, so chart must name a file that ends in .tgz.');
  for (const kind of mirror.denyKinds)
    if (mirror.allowKinds.includes(kind)) find('denyKinds', 'KeyContradicts', `${kind} is both allowed and denied.`);
  if (mirror.limits.packed > mirror.limits.object)
    findings.push({
      path: [...path, 'limits', Object.hasOwn(written, 'limits') ? 'packed' : 'object'],
      at: 'key',
      reason: 'KeyContradicts',
      message: 'limits.packed is more than limits.object, and an archive is an object too: raise limits.object.',
    });
  return findings;
}

/** A mirror and where in the file it stands. */
export interface Placed {
  readonly mirror: Mirror;
  readonly path: Finding['path'];
}

/** What the mirrors contradict each other in: their names, and their places. */
export function checkTogether(mirrors: readonly Placed[]): readonly Finding[] {
  const findings: Finding[] = [];
  const names = new Set<string>();
  for (const { mirror, path } of mirrors) {
    if (names.has(mirror.name))
      findings.push({
        path,
        at: 'value',
        reason: 'NameTaken',
        message: `Another mirror is called ${mirror.name}: give this one a name.`,
      });
    names.add(mirror.name);
  }
  for (const [index, { mirror, path }] of mirrors.entries()) {
    const other = mirrors.slice(0, index).find((earlier) => overlap(earlier.mirror.place, mirror.place));
    if (other === undefined) continue;
    const key = mirror.place.kind === 'chart' ? 'chart' : 'files';
    const message = `The place can overlap with that of the mirror ${other.mirror.name}: no two mirrors may write the same path.`;
    findings.push({ path: [...path, key], at: 'value', reason: 'PlacesOverlap', message });
  }
  return findings;
}
