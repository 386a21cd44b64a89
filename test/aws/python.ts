import { join } from 'node:path';
import { capture, run } from '../cluster/command.ts';
import type { Recipe } from './parts.ts';

const OLDEST = [3, 11] as const;
const PACKAGES = 'parts/requirements.txt';

/** An environment of Python's own with the pinned packages. Throws with what to install. */
export async function buildPython(): Promise<Recipe> {
  const version = (await capture('python3', ['--version']).catch(() => '')).trim();
  const [, major = '0', minor = '0'] = /^Python (\d+)\.(\d+)/u.exec(version) ?? [];
  const [first, second] = OLDEST;
  if (Number(major) < first || (Number(major) === first && Number(minor) < second))
    throw new Error(
      `test:aws needs Python ${OLDEST.join('.')} or newer as python3, and there is ${version === '' ? 'none' : version}. Install it.`,
    );
  return {
    name: 'python',
    files: ['python.ts', PACKAGES],
    with: version,
    async make(folder) {
      await run('python3', ['-m', 'venv', folder]).catch((cause: unknown) => {
        throw new Error('python3 makes no environments. On Debian and Ubuntu, install the package python3-venv.', {
          cause,
        });
      });
      // The folder is moved afterwards: programs in it are started by its Python, never by their first line.
      const options = ['--quiet', '--disable-pip-version-check', '--no-input'];
      await run(join(folder, 'bin/python'), [
        ...['-m', 'pip', 'install', ...options, '--requirement'],
        join(import.meta.dirname, PACKAGES),
      ]);
    },
  };
}
