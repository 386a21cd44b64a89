import type { FerryError } from '../shared/errors.ts';

/** An error as people read it: its reason and sentence, then what to do next. The stack only when asked for. */
export function describe(error: unknown, stack: boolean): string {
  if (stack && error instanceof Error) return printable(error.stack ?? error.message);
  if (isFerryError(error)) {
    const hint = error.hint === '' ? '' : `\n  ${error.hint}`;
    return printable(`${error.reason}: ${error.message}${hint}`);
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined) return printable(`FileMissing: There is no file ${path}.`);
  return printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

/** By its shape: in the built command line each command has its own copy of the classes. */
function isFerryError(error: unknown): error is FerryError {
  return error instanceof Error && 'reason' in error && 'hint' in error;
}

/** Text that others wrote, without what would move a terminal's cursor or hide something from its reader. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
