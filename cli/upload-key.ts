import { basename } from 'node:path';
import { parseChartFileName } from '../shared/artifact/chart.ts';
import type { Mirror } from '../shared/config/config.ts';
import { Rejected } from '../shared/errors.ts';

/**
 * The key that a file is to be dropped at so that a mirror of this bucket takes it: a chart's archive below the first
 * prefix for charts, anything else below the first one for files. `path` is relative, with slashes.
 * @throws Rejected NoMirror.
 */
export function uploadKey(mirrors: readonly Mirror[], bucket: string, path: string): string {
  const below = (kind: Mirror['place']['kind']): string | undefined =>
    mirrors.find((mirror) => mirror.bucket === bucket && mirror.place.kind === kind)?.prefix;
  const name = basename(path);
  const charts = parseChartFileName(name) === null ? undefined : below('chart');
  if (charts !== undefined) return charts + name;
  const files = below('files');
  if (files !== undefined) return files + path;
  throw new Rejected('NoMirror', `No mirror of the bucket ${bucket} takes ${path}.`, {
    hint: 'Name the key as well, or add a mirror to gitferry.yaml.',
  });
}
