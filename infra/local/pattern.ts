/** An event as EventBridge carries it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

type Test = (value: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Makes a test of an EventBridge event pattern: fields nested as in the event, `$or` of such, values in lists, `prefix`,
 * and `anything-but` a value, a list, or a prefix. Throws on every other operator, so that none is passed over.
 */
export function compilePattern(pattern: unknown, path = 'EventPattern'): Test {
  if (Array.isArray(pattern)) {
    const choices = pattern.map((choice) => compileChoice(choice, path));
    // A list in the event matches when one of its values does.
    return (value) => (Array.isArray(value) ? value : [value]).some((one) => choices.some((choice) => choice(one)));
  }
  if (!isObject(pattern)) throw new Error(`${path} is neither a list of values nor an object.`);
  const { $or: either, ...rest } = pattern;
  const alternatives = either === undefined ? null : compileEither(either, path);
  const fields = Object.entries(rest).map(([name, inner]) => [name, compilePattern(inner, `${path}.${name}`)] as const);
  return (value) =>
    isObject(value) &&
    fields.every(([name, test]) => name in value && test(value[name])) &&
    (alternatives === null || alternatives.some((test) => test(value)));
}

function compileEither(either: unknown, path: string): readonly Test[] {
  if (!Array.isArray(either) || either.length < 2) throw new Error(`${path}.$or is no list of two or more patterns.`);
  return either.map((one) => compilePattern(one, `${path}.$or`));
}

function compileChoice(choice: unknown, path: string): Test {
  if (!isObject(choice)) return (value) => value === choice;
  const [operator, ...more] = Object.keys(choice);
  const operand = operator === undefined ? undefined : choice[operator];
  if (more.length === 0 && operator === 'prefix' && typeof operand === 'string')
    return (value) => typeof value === 'string' && value.startsWith(operand);
  if (more.length === 0 && operator === 'anything-but') {
    const excluded = Array.isArray(operand) ? operand : [operand];
    const tests = excluded.map((one) => compileChoice(one, path));
    return (value) => !tests.some((test) => test(value));
  }
  throw new Error(`${path} uses an operator that the embedded run does not know: ${JSON.stringify(choice)}.`);
}
