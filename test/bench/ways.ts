import { join } from 'node:path';

/** The files that every way commits: one deep, one in the wide folder, one new. */
export const PATHS = [
  'clusters/env-1/apps/team-002/app-003/values.yaml',
  'charts/chart-007-1.0.0.tgz',
  'releases/bench.yaml',
] as const;

/** One way to land a commit: a program, its arguments, and how often it is run for its median. */
export interface Way {
  readonly name: string;
  readonly runs: number;
  /** `file` holds the bytes that are to stand at each path; the working folder is empty and thrown away. */
  readonly command: (url: string, file: string) => readonly [string, ...string[]];
}

/** The programs that were built for this run. */
export interface Built {
  readonly cli: string;
  readonly isomorphic: string;
}

function shell(...lines: readonly string[]): Way['command'] {
  return (url, file) => ['sh', '-ec', lines.join('\n'), 'sh', url, file, ...PATHS];
}

const SHALLOW = shell(
  'git clone --quiet --depth 1 "$1" clone && cd clone',
  'file=$2; shift 2',
  'for path; do mkdir -p "$(dirname "$path")"; cp "$file" "$path"; git add "$path"; done',
  'git commit --quiet -m Bench && git push --quiet origin HEAD:main',
);

const PARTIAL = shell(
  'git clone --quiet --depth 1 --filter=blob:none --no-checkout "$1" clone && cd clone',
  'blob=$(git hash-object -w "$2"); shift 2',
  'git read-tree HEAD',
  'for path; do git update-index --add --cacheinfo "100644,$blob,$path"; done',
  'commit=$(git commit-tree "$(git write-tree --missing-ok)" -p HEAD -m Bench)',
  'git push --quiet origin "$commit:refs/heads/main"',
);

export function waysOf({ cli, isomorphic }: Built, large: boolean): readonly Way[] {
  const land = (...options: readonly string[]): Way['command'] => {
    return (url, file) => [
      process.execPath,
      cli,
      'land',
      ...['--repository', url, '--branch', 'main', '-m', 'Bench', '-o', 'json'],
      ...PATHS.flatMap((path) => ['--put', `${path}=${file}`]),
      ...options,
    ];
  };
  return [
    { name: 'gitferry, cold', runs: 7, command: land() },
    { name: 'gitferry, cold, by ids', runs: 7, command: land('--by-ids') },
    { name: 'git, blob:none, no checkout', runs: 7, command: PARTIAL },
    { name: 'git, shallow clone', runs: large ? 1 : 3, command: SHALLOW },
    {
      name: 'isomorphic-git',
      runs: large ? 1 : 3,
      command: (url, file) => [process.execPath, isomorphic, url, file, ...PATHS],
    },
  ];
}

/** Where the built programs go. */
export function built(folder: string): Built & { readonly warm: string; readonly mirror: string } {
  return {
    mirror: join(folder, 'mirror.cjs'),
    cli: join(folder, 'gitferry.cjs'),
    isomorphic: join(folder, 'isomorphic.cjs'),
    warm: join(folder, 'warm.cjs'),
  };
}
