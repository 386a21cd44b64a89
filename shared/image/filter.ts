import type { Filter } from './policy.ts';
import { engine } from './re2.ts';

/** Reads of a tag what it is compared by; null for one that is passed over. */
export type Extract = (tag: string) => string | null;

/** As many steps as one character of a tag may take. */
const LARGEST = 500;

/** What is wrong with a filter, if anything is, and in which of its keys. */
export interface FilterFault {
  readonly key: keyof Filter;
  /** Goes on after the key's name: `is no …`. */
  readonly message: string;
}

type Pattern = InstanceType<ReturnType<typeof engine>>;

/** Compiles a filter, by the syntax of RE2 and the templates of Go. */
export function compileFilter({ pattern, extract }: Filter): Extract | FilterFault {
  const compiled = compile(pattern);
  if ('message' in compiled) return compiled;
  if (extract === null) return (tag) => (compiled.matcher(tag).find() ? tag : null);
  const parts = parseTemplate(extract, compiled);
  if ('message' in parts) return parts;
  return (tag) => {
    const matcher = compiled.matcher(tag);
    if (!matcher.find()) return null;
    return parts.map((part) => (typeof part === 'string' ? part : (matcher.group(part) ?? ''))).join('');
  };
}

function compile(pattern: string): Pattern | FilterFault {
  try {
    const compiled = engine().compile(pattern);
    if (compiled.programSize() <= LARGEST) return compiled;
    return { key: 'pattern', message: 'is too large: repeat less.' };
  } catch (error) {
    const [, why = 'RE2 can’t read it'] = /: (.*)$/su.exec((error as Error).message) ?? [];
    return { key: 'pattern', message: `is no regular expression in RE2’s syntax: ${why.replace(/\.$/u, '')}.` };
  }
}

/** `$name`, `${name}`, `$1`; `$$` is a dollar, and so is one with no name behind it. Numbers stand for groups. */
function parseTemplate(template: string, pattern: Pattern): readonly (string | number)[] | FilterFault {
  const parts: (string | number)[] = [];
  let rest = 0;
  for (const { 0: written, 1: braced, 2: bare, index } of template.matchAll(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
  )) {
    parts.push(template.slice(rest, index));
    rest = index + written.length;
    const name = braced ?? bare;
    const group = name === undefined ? '$' : groupOf(name, pattern);
    if (group === null)
      return {
        key: 'extract',
        message: `names the group ${JSON.stringify(name)}, and the pattern has none of that name.`,
      };
    parts.push(group);
  }
  return [...parts, template.slice(rest)];
}

function groupOf(name: string, pattern: Pattern): number | null {
  if (/^(?:0|[1-9]\d{0,7})$/u.test(name)) return Number(name) <= pattern.groupCount() ? Number(name) : null;
  const groups = pattern.namedGroups();
  return Object.hasOwn(groups, name) ? (groups[name] ?? null) : null;
}
