import type { FerryError } from '../shared/errors.ts';
import { printable } from '../shared/printable.ts';

/** An error as people read it: its reason and sentence, then what to do next. The stack only when asked for. */
export function describe(error: unknown, stack: boolean): string {
  return sentences(error, stack).split('\n').map(printable).join('\n');
}

function sentences(error: unknown, stack: boolean): string {
  if (stack && error instanceof Error) return error.stack ?? error.message;
  if (isFerryError(error)) {
    const hint = error.hint === '' ? '' : `\n  ${error.hint}`;
    return `${error.reason}: ${error.message}${hint}`;
  }
  const unready = unreadyFor(error);
  if (unready !== null) return unready;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined) return `FileMissing: There is no file ${path}.`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** By its shape: in the built command line each command has its own copy of the classes. */
function isFerryError(error: unknown): error is FerryError {
  return error instanceof Error && 'reason' in error && 'hint' in error;
}

/** What whoever runs a command lacks to ask AWS at all, in a sentence; null when that is not the fault. */
export function unreadyFor(error: unknown): string | null {
  const { name = '', message = '' } = error instanceof Error ? error : {};
  if (message === 'Region is missing') return 'No region of AWS is known: set AWS_REGION, or name it by --region.';
  return /^CredentialsProvider/u.test(name) ? `No credentials of AWS can be used: ${message}` : null;
}
