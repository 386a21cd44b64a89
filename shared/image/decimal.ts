/** A decimal number of any length, exactly: `0.d1d2d3… × 10^magnitude`. */
export interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly magnitude: number;
  /** Without zeros before and behind; empty for zero. */
  readonly digits: string;
}

const DIGITS = '\\d+(?:_\\d+)*';
const DECIMAL = new RegExp(`^([+-]?)(${DIGITS})?(?:\\.(${DIGITS})?)?(?:[eE]([+-]?${DIGITS}))?$`, 'u');

/**
 * Reads `1606364286`, `2024_01_31` or `1e3` as Go does, but no `Inf`, no `NaN` and no hexadecimals: as tags those are words.
 * Null for what is no number, or beyond what 64 bits of floating point hold.
 */
export function parseDecimal(text: string): Decimal | null {
  const bare = DECIMAL.test(text) ? text.replaceAll('_', '') : '';
  const [, minus, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(bare) ?? [];
  const written = `${whole}${fraction}`;
  if (written === '' || !Number.isFinite(Number(bare))) return null;
  const leading = /^0*/u.exec(written)?.[0].length ?? 0;
  const digits = withoutZerosBehind(written.slice(leading));
  if (digits === '') return { sign: 0, magnitude: 0, digits };
  return { sign: minus === '-' ? -1 : 1, magnitude: whole.length - leading + Number(exponent), digits };
}

/** No regular expression: `0*$` takes the square of the length. */
function withoutZerosBehind(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** The smaller first. Two run numbers that differ behind the 16th digit are not the same. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.sign !== b.sign) return a.sign - b.sign;
  const larger = a.magnitude - b.magnitude || (a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0);
  return larger && a.sign * larger;
}
