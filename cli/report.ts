import { Rejected, Retryable, Stalled } from '../shared/errors.ts';

/** An error as people read it: its reason and sentence, then what to do next. The stack only when asked for. */
export function describe(error: unknown, stack: boolean): string {
  if (stack && error instanceof Error) return printable(error.stack ?? error.message);
  if (error instanceof Rejected || error instanceof Retryable || error instanceof Stalled) {
    const hint = error.hint === '' ? '' : `\n  ${error.hint}`;
    return printable(`${error.reason}: ${error.message}${hint}`);
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined) return printable(`FileMissing: There is no file ${path}.`);
  return printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

/** Text that others wrote, without what would move a terminal's cursor or hide something from its reader. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
