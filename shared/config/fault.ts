/** One thing that is wrong in `gitferry.yaml`, and where: line and column count from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  /** The key concerned, `mirrors[0].chart`; empty for the file as a whole. */
  readonly path: string;
  /** CamelCase, stable. */
  readonly reason: string;
  readonly message: string;
}

/** A fault before it is known where in the file its path stands. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  /** Whether the key itself is at fault, or its value. */
  readonly at: 'key' | 'value';
  readonly reason: string;
  readonly message: string;
}

/** `['mirrors', 0, 'chart']` as people write it: `mirrors[0].chart`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./u, '');
}
