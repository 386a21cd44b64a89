import type { Readable, Writable } from 'node:stream';
import { confirm, isCancel, select, text } from '@clack/prompts';
import { printable } from '../../shared/printable.ts';
import type { Ask } from './answer.ts';

/** Asks on a terminal. What a person is shown and what they typed is on `output`; a key at a time comes from `input`. */
export function prompts(input: Readable, output: Writable): Ask {
  const on = { input, output };
  return async ({ message, choices }, suggested, fault) => {
    if (choices !== undefined) {
      const options = choices.map(({ value, label }) => ({ value, label }));
      const chosen = await select({ ...on, message, options, ...(suggested && { initialValue: suggested }) });
      return isCancel(chosen) ? null : chosen;
    }
    const typed = await text({
      ...on,
      message,
      placeholder: suggested || (suggested === '' ? 'none' : ''),
      defaultValue: suggested ?? '',
      validate: (value) => {
        const sentence = fault(value?.trim() || (suggested ?? ''));
        return sentence === null ? undefined : printable(sentence);
      },
    });
    return isCancel(typed) ? null : typed.trim();
  };
}

/** Asks for a yes; giving up is a no. */
export async function agree(input: Readable, output: Writable, message: string): Promise<boolean> {
  return (await confirm({ input, output, message })) === true;
}
