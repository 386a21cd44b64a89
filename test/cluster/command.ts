import { execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** What a program prints; throws with what it said on standard error. */
export async function capture(
  program: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], { maxBuffer: 64 << 20, ...options });
  return stdout;
}

/** Runs a program whose output goes where this process' goes; throws when it fails. */
export async function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0)
    throw new Error(`${program} ${args[0] ?? ''} failed: ${signal ?? `exit code ${code}`}. What it said stands above.`);
}
