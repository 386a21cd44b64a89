import type * as z from 'zod';
import { type Finding, formatPath } from './fault.ts';

/** What zod found wrong with the shape, in gitferry's words. `later`: the paths of keys that are not supported yet. */
export function findingsOf(issue: z.core.$ZodIssue, later: ReadonlySet<string>): readonly Finding[] {
  const { path } = issue;
  const value = (reason: string, message: string): Finding[] => [
    { path, at: 'value', reason, message: `${formatPath(path) || 'The file'} ${message}` },
  ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], later));
    case 'invalid_type':
      if (issue.input === undefined) return value('KeyMissing', 'is missing.');
      return value('TypeWrong', `must be ${named(issue.expected)}, and is ${named(typeOf(issue.input))}.`);
    case 'invalid_value':
      if (issue.input === 'pull-request' && path.at(-1) === 'mode')
        return value('NotSupportedYet', '"pull-request" is not supported yet.');
      return value('ValueInvalid', `must be ${issue.values.map((choice) => JSON.stringify(choice)).join(' or ')}.`);
    case 'too_small':
      return value('ValueInvalid', `must be at least ${issue.minimum}${counted(issue.origin)}.`);
    case 'too_big':
      return value('ValueInvalid', `must be at most ${issue.maximum}${counted(issue.origin)}.`);
    case 'custom':
      return value(String(issue.params?.reason ?? 'ValueInvalid'), issue.message);
    default:
      return value('ValueInvalid', issue.message);
  }
}

function unknownKey(path: readonly PropertyKey[], later: ReadonlySet<string>): Finding {
  const key = String(path.at(-1));
  if (later.has(formatPath(path).replaceAll(/\[\d+\]/gu, '[]')))
    return { path, at: 'key', reason: 'NotSupportedYet', message: `${key} is not supported yet: take it out.` };
  return { path, at: 'key', reason: 'KeyUnknown', message: `There is no key ${JSON.stringify(key)} here.` };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const names: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'empty',
  number: 'a number',
  object: 'a map',
  string: 'text',
};

function named(type: string): string {
  return names[type] ?? type;
}

function counted(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries' : '';
}
