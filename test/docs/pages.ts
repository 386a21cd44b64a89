import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceFiles } from '../sources.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** A page of the documentation, by its path from the root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** Every page that people read: those at the root, and all of `docs` and `examples`. */
export async function readPages(): Promise<readonly Page[]> {
  const paths = await sourceFiles('{*.md,docs/**/*.md,examples/**/*.md}');
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(ROOT, path), 'utf8') })));
}

/** The fenced blocks of a page in one language. */
export function blocks({ text }: Page, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gmsu)].flatMap(([, of, body]) =>
    of === language && body !== undefined ? [body] : [],
  );
}

/** The page without its fenced blocks. */
export function prose({ text }: Page): string {
  return text.replace(/^```.*?^```$/gmsu, '');
}
