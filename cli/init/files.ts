import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { printable } from '../../shared/printable.ts';

/** A file that is to be written. */
export interface Draft {
  readonly path: string;
  readonly text: string;
}

/** Why a file can't be written, in words that a command ends with; null where it can. */
export async function obstacleOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return `${path} is a folder`;
  const folder = await stat(dirname(path)).catch(() => null);
  if (!folder?.isDirectory()) return `there is no folder ${dirname(path)} for ${path}`;
  return access(found === null ? dirname(path) : path, constants.W_OK).then(
    () => null,
    () => `${path} can't be written`,
  );
}

/** The text of a file; null where there is none. */
export function readPresent(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** Files as people are shown them before they are written. Part of one was there before, whoever wrote it. */
export function show(drafts: readonly Draft[]): string {
  const lines = (text: string): string[] =>
    text.split('\n').map((line) => (line === '' ? '' : `  | ${printable(line)}`));
  return drafts.map(({ path, text }) => [path, ...lines(text)].join('\n')).join('\n');
}

/** Writes them all. */
export async function write(drafts: readonly Draft[]): Promise<void> {
  for (const { path, text } of drafts) await writeFile(path, text);
}
