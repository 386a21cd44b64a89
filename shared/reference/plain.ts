import { parse } from 'yaml';

/** Words that one reader or another of YAML 1.1 or 1.2 takes for null, a boolean, or no value at all. */
const WORD = /^(?:~|null|true|false|yes|no|on|off|y|n|\.inf|\.nan|)$/iu;
/** Integers of any base and with any grouping; floats; and both counted to the base of 60. */
const NUMBER = /^[-+]?[\d_]*(?:\.[\d_]*)?(?:e[-+]?[\d_]+)?$|^[-+]?0[xob][\da-f_]+$|^[-+]?\.inf$/iu;
const SEXAGESIMAL = /^[-+]?[\d_]+(?::\d+)+(?:\.[\d_]*)?$/u;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?$/u;
const MISREAD = [WORD, NUMBER, SEXAGESIMAL, DATE];
/** What needs no quotes anywhere, in flow style neither: no indicator, no space, no colon at the end. */
const BARE = /^[\w./](?:[\w./@+-]|:(?=[\w./@+-]))*$/u;

/** Whether every reader takes this for a string as it stands, without quotes. */
export function isPlainString(text: string): boolean {
  return BARE.test(text) && !MISREAD.some((pattern) => pattern.test(text));
}

/**
 * What a plain scalar says to Kubernetes' readers, which keep to YAML 1.1, where that is no string: `1.10` is 1.1, `no`
 * is false, `0123` is 83. Empty for null.
 */
export function readPlain(source: string, value: unknown): string {
  if (isPlainString(source)) return source;
  if (typeof value === 'string' && !MISREAD.some((pattern) => pattern.test(source))) return value;
  const read: unknown = parse(source, { version: '1.1', logLevel: 'silent' });
  return read === null ? '' : String(read);
}
