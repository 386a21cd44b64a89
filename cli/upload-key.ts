import { basename } from 'node:path';
import { parseChartFileName } from '../shared/artifact/chart.ts';
import type { Config, Mirror } from '../shared/config/config.ts';
import { Rejected } from '../shared/errors.ts';
import { releaseUnit } from '../shared/unit/unit.ts';

/**
 * The key that a file is to be dropped at so that a rule for this bucket takes it: a release file below the first prefix
 * for those, a chart's archive below the first one for charts, anything else below the first one for files. `path` is relative, with slashes.
 * @throws Rejected NoMirror.
 */
export function uploadKey(
  { mirrors, releases }: Pick<Config, 'mirrors' | 'releases'>,
  bucket: string,
  path: string,
): string {
  const below = (kind: Mirror['place']['kind']): string | undefined =>
    mirrors.find((mirror) => mirror.bucket === bucket && mirror.place.kind === kind)?.prefix;
  const name = basename(path);
  const release = releases.find((rule) => releaseUnit(rule, bucket, rule.prefix + name) !== null);
  if (release !== undefined) return release.prefix + name;
  const charts = parseChartFileName(name) === null ? undefined : below('chart');
  if (charts !== undefined) return charts + name;
  const files = below('files');
  if (files !== undefined) return files + path;
  throw new Rejected('NoMirror', `No mirror of the bucket ${bucket} takes ${path}.`, {
    hint: 'Name the key as well, or add a mirror to gitferry.yaml.',
  });
}
