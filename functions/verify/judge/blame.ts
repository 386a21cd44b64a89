import type { Declared } from '../facts.ts';

/** Whether an agent's words name this object, as Flux and Helm write it: `Deployment/shop/api`, `Namespace/shop`. */
export function names(words: string, { kind, namespace, name }: Omit<Declared, 'group'>): boolean {
  const within = namespace === null ? '(?:[a-z0-9.-]+/)?' : `(?:${escaped(namespace)}/)?`;
  return new RegExp(String.raw`(?<![\w.-])${escaped(kind)}/${within}${escaped(name)}(?![\w/-])`, 'iu').test(words);
}

/** Whether they name one of these files, or one below such a folder: kustomize does, below a folder of its own. */
export function namesPath(words: string, paths: readonly string[]): boolean {
  return paths.some(
    (path) => path !== '' && new RegExp(String.raw`(?<![\w.-])${escaped(path)}(?![\w-])`, 'u').test(words),
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}
