import { Rejected } from '../errors.ts';

/** What a queue carries in one message, in bytes. */
const BYTES = 256 * 1024;
const DEPTH = 32;

/**
 * Reads JSON that a stranger may have written.
 * @throws Rejected EventTooLarge, EventNotJson, EventTooDeep; EventInvalid for a key `__proto__` or a number beyond 2^53.
 */
export function parseJson(text: string): unknown {
  if (Buffer.byteLength(text) > BYTES)
    throw new Rejected('EventTooLarge', `The event has more than ${BYTES} bytes.`, {
      hint: 'No event that gitferry knows is so large.',
    });
  if (deeperThan(DEPTH, text)) throw new Rejected('EventTooDeep', `The event nests more than ${DEPTH} levels deep.`);
  try {
    return JSON.parse(text, refuseOddities);
  } catch (cause) {
    if (cause instanceof Rejected) throw cause;
    throw new Rejected('EventNotJson', 'The event is not JSON.', { cause });
  }
}

function refuseOddities(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new Rejected('EventInvalid', 'The event has a key "__proto__".');
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw new Rejected('EventInvalid', 'The event has a number beyond 2^53.', { facts: { key } });
  return value;
}

function deeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length && depth <= limit; index += 1) {
    const character = text[index];
    if (quoted && character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
  }
  return depth > limit;
}
