import { readFile, writeFile } from 'node:fs/promises';

/** A file that is to be written. */
export interface Draft {
  readonly path: string;
  readonly text: string;
}

/** The text of a file; null where there is none. */
export function readPresent(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** Files as people are shown them before they are written. */
export function show(drafts: readonly Draft[]): string {
  return drafts.map(({ path, text }) => `${path}\n${text.replaceAll(/^(?=.)/gmu, '  | ')}`).join('\n');
}

/** Writes them all. */
export async function write(drafts: readonly Draft[]): Promise<void> {
  for (const { path, text } of drafts) await writeFile(path, text);
}
