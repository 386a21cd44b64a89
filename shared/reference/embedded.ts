import type { Scalar } from 'yaml';

/** Text inside a block scalar, without its indentation, and the way from a place in it to its place around it. */
export interface Embedded {
  readonly text: string;
  readonly place: (offset: number) => number;
}

/** Where files stand that are mounted as they are. */
const FILES = /^(?:ConfigMap\.data|Secret\.stringData)$/u;

/** Where YAML stands inside a string, by the keys on the way to it: Helm's values, kustomize's patches, mounted files. */
export function holdsYaml(kind: string, key: string, parent: string): boolean {
  if (key === 'values') return parent === 'helm';
  if (key === 'patch') return parent === 'patches' || parent === 'patchesJson6902';
  if (key === 'patchesStrategicMerge') return true;
  return FILES.test(`${kind}.${parent}`) && /\.ya?ml$/u.test(key);
}

function withoutBreaks(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end -= 1;
  return text.slice(0, end);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** The index of the last number that is not above the one given; the numbers ascend, and the first never is. */
function lastUpTo(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The inside of a literal block scalar; null for any other string, whose lines are not those of the text around it. */
export function insideOf(scalar: Scalar, text: string): Embedded | null {
  if (scalar.type !== 'BLOCK_LITERAL') return null;
  const value = withoutBreaks(String(scalar.value));
  const [start, end] = scalar.range ?? [0, 0];
  const body = text.indexOf('\n', start) + 1;
  const lines = text.slice(body, end).split('\n');
  const read = value.split('\n');
  const first = read.findIndex((line) => line !== '');
  const indent = Math.max(0, withoutReturn(lines[first] ?? '').length - (read[first]?.length ?? 0));
  const contents = lines.map((line) => withoutReturn(line).slice(indent));
  const inside = contents.join('\n');
  // Whatever was guessed wrong about the indentation shows here.
  if (withoutBreaks(inside) !== value) return null;
  const [inner, outer]: [number[], number[]] = [[0], [body + indent]];
  for (const [at, line] of lines.entries()) {
    inner.push((inner.at(-1) ?? 0) + (contents[at]?.length ?? 0) + 1);
    outer.push((outer.at(-1) ?? 0) + line.length + 1);
  }
  const place = (offset: number): number => {
    const line = lastUpTo(inner, offset);
    return (outer[line] ?? 0) + offset - (inner[line] ?? 0);
  };
  return { text: inside, place };
}
