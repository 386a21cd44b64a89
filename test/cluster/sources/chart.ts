import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { Resource } from '../follow.ts';
import type { Artifact } from './artifacts.ts';

const execute = promisify(execFile);

/** A packaged chart, in a folder that is the caller's to remove. */
export interface Chart {
  readonly name: string;
  readonly version: string;
  readonly file: string;
}

/** Packages the chart that a HelmChart names out of the artifact of its Git repository, by helm itself. */
export async function packageChart(
  chart: Resource,
  { helm, source, tarball, folder }: { helm: string; source: Artifact; tarball: string; folder: string },
): Promise<Chart> {
  const { chart: path, reconcileStrategy, valuesFiles } = chart.spec;
  if (valuesFiles !== undefined) throw new Error('the stand-in for source-controller merges no values files');
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'chart-'));
  try {
    await execute('tar', ['-xzf', tarball, '-C', work]);
    const root = join(work, normalize(`/${path}`));
    const about = parse(await readFile(join(root, 'Chart.yaml'), 'utf8')) as { name: string; version: string };
    // Where each revision counts as a version, Flux says so in the version's metadata.
    const suffix = reconcileStrategy === 'Revision' ? `+${source.revision.split(':').at(-1)?.slice(0, 12)}` : '';
    const version = about.version + suffix;
    const to = join(folder, `${chart.metadata.uid}`);
    await rm(to, { recursive: true, force: true });
    const env = { ...process.env, HOME: work };
    await execute(helm, ['package', root, '--destination', to, '--version', version], { env });
    const [file = ''] = await readdir(to);
    return { name: about.name, version, file: join(to, file) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
