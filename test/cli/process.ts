import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line from its sources, in a folder. */
export function gitferry(folder: string, ...args: readonly string[]): Promise<Outcome> {
  return gitferryIn(process.env, folder, ...args);
}

/** The same, in another environment. */
export function gitferryIn(
  { DEBUG: _, ...env }: NodeJS.ProcessEnv,
  folder: string,
  ...args: readonly string[]
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: folder, env }, (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err });
    });
  });
}
