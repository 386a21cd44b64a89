import { type Finding, formatPath } from './fault.ts';
import { folderOf, nameOf } from './normalise.ts';
import { overlap, type Spot } from './place.ts';
import type { ReleaseShape } from './release-schema.ts';
import type { MirrorShape } from './schema.ts';
import type { Written } from './written.ts';

const chartOnly = ['unpack', 'versions', 'select', 'allowRepublish'] as const;

/** What one mirror's keys contradict each other in. */
export function checkMirror({ keys, sound, path }: Written<MirrorShape>): readonly Finding[] {
  const findings: Finding[] = [];
  const find = (key: string | null, reason: string, message: string): void => {
    findings.push({ path: key === null ? path : [...path, key], at: 'key', reason, message });
  };
  const { chart, unpack, allowKinds = [], denyKinds = [], limits } = sound;
  if (!keys.has('chart') && !keys.has('files'))
    find(null, 'PlaceMissing', 'The mirror says neither chart nor files: where do its uploads go?');
  if (keys.has('chart') && keys.has('files'))
    find('files', 'PlaceTwice', 'The mirror says both chart and files: make two mirrors of it.');
  if (keys.has('files') && !keys.has('chart'))
    for (const key of chartOnly)
      if (keys.has(key)) find(key, 'KeyContradicts', `${key} is about charts, and this mirror carries files.`);
  if (chart?.endsWith('.tgz') && unpack === true)
    find('chart', 'KeyContradicts', 'chart names an archive: say "unpack: false", or name a folder.');
  if (chart !== undefined && !chart.endsWith('.tgz') && unpack === false)
    find('chart', 'KeyContradicts', 'Charts stay packed here, so chart must name a file that ends in .tgz.');
  for (const kind of denyKinds)
    if (allowKinds.includes(kind)) find('denyKinds', 'KeyContradicts', `${kind} is both allowed and denied.`);
  if (limits !== undefined && limits.packed > limits.object)
    findings.push({
      path: [...path, 'limits', keys.has('limits') ? 'packed' : 'object'],
      at: 'key',
      reason: 'KeyContradicts',
      message: 'limits.packed is more than limits.object, and an archive is an object too: raise limits.object.',
    });
  return findings;
}

/** What the mirrors contradict each other in: their places. */
export function checkPlaces(mirrors: readonly Written<MirrorShape>[]): readonly Finding[] {
  const findings: Finding[] = [];
  const taken: { readonly spot: Spot; readonly name: string }[] = [];
  for (const mirror of mirrors) {
    const spot = readSpot(mirror);
    if (spot === null) continue;
    const other = taken.find((earlier) => overlap(earlier.spot, spot));
    const message = `The place can overlap with that of the mirror ${other?.name}: no two mirrors may write the same path.`;
    const key = spot.kind === 'chart' ? 'chart' : 'files';
    if (other !== undefined)
      findings.push({ path: [...mirror.path, key], at: 'value', reason: 'PlacesOverlap', message });
    taken.push({ spot, name: bucketRuleName(mirror) ?? formatPath(mirror.path) });
  }
  return findings;
}

/** Null when what names it is itself at fault. */
export function bucketRuleName({
  keys,
  sound: { name, bucket, prefix },
}: Written<MirrorShape | ReleaseShape>): string | null {
  if (keys.has('name')) return name ?? null;
  return bucket === undefined || prefix === undefined ? null : nameOf(bucket, prefix);
}

function readSpot({ sound: { chart, files } }: Written<MirrorShape>): Spot | null {
  if (chart !== undefined) return { kind: 'chart', template: chart };
  return files === undefined ? null : { kind: 'files', folder: folderOf(files) };
}
