import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../cluster/command.ts';

/** The files of a folder below `test/aws/parts` that pin packages of npm. */
export const pinsOf = (part: string): readonly string[] =>
  ['package.json', 'package-lock.json'].map((file) => `parts/${part}/${file}`);

/** Installs what a part pins into a folder, and runs no script of it. */
export async function installPackages(part: string, folder: string): Promise<void> {
  for (const file of pinsOf(part)) await cp(join(import.meta.dirname, file), join(folder, file.replace(/.*\//u, '')));
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  await run('npm', ['ci', '--ignore-scripts', ...quiet], { cwd: folder });
}
