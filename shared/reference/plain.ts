/** Words that one reader or another of YAML 1.1 or 1.2 takes for null, a boolean, or no value at all. */
const WORD = /^(?:~|null|true|false|yes|no|on|off|y|n|\.inf|\.nan|)$/iu;
/** Integers of any base and with any grouping; floats; and both counted to the base of 60. */
const NUMBER = /^[-+]?(?:[\d_]+(?:\.[\d_]*)?|\.[\d_]+)(?:e[-+]?[\d_]+)?$|^[-+]?0[xob][\da-f_]+$|^[-+]?\.inf$/iu;
const SEXAGESIMAL = /^[-+]?[\d_]+(?::\d+)+(?:\.[\d_]*)?$/u;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?$/u;
/** What needs no quotes anywhere, in flow style neither: no indicator, no space, no colon at the end. */
const BARE = /^[\w./](?:[\w./@+-]|:(?=[\w./@+-]))*$/u;

/** Whether every reader takes this for a string as it stands, without quotes. */
export function isPlainString(text: string): boolean {
  return BARE.test(text) && ![WORD, NUMBER, SEXAGESIMAL, DATE].some((pattern) => pattern.test(text));
}

/** What readers of YAML 1.1, Kubernetes' among them, take for a boolean, though YAML 1.2 does not. */
export function oldBoolean(text: string): boolean | null {
  if (/^(?:y|yes|on)$/iu.test(text)) return true;
  return /^(?:n|no|off)$/iu.test(text) ? false : null;
}
