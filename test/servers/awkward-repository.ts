import { type GitRepository, makeRepository } from './git-repository.ts';

const SUBMODULE = '5'.repeat(40);

/** A main repository with all that a careless writer would spoil: line ends, modes, links, names, neighbours, order. */
export async function makeAwkwardRepository(config: string): Promise<GitRepository> {
  const repository = await makeRepository({
    'gitferry.yaml': config,
    'README.md': '# Fleet\r\n\r\nWith CRLF, and no newline at its end',
    'apps/production/kept.yaml': '# a comment\nb: 010 # not ten\na: "1"\n',
    'apps/production/crlf.yaml': 'a: 1\r\n',
    'apps/production/run.sh': { mode: '100755', bytes: '#!/bin/sh\n' },
    'apps/production/link': { mode: '120000', bytes: 'kept.yaml' },
    'apps/production/module': { mode: '160000', bytes: SUBMODULE },
    'apps/production/foo.txt': 'beside a folder foo that is to come\n',
    'apps/production/foo-bar/inside.yaml': 'a: 1\n',
    'apps/production/foo0': 'after it\n',
    'charts/by-hand/Chart.yaml': 'apiVersion: v2\nname: by-hand\nversion: 1.0.0\n',
    'bytes.bin': Buffer.from([0, 255, 13, 10, 26]),
  });
  const from = await repository.git('rev-parse', 'main');
  const script = `commit refs/heads/main
committer Ada <ada@example.org> 1700000001 +0000
data 0
from ${from}
M 100644 inline "apps/production/caf\\351.txt"
data 6
latin1
`;
  await repository.gitBytes(Buffer.from(script), 'fast-import', '--quiet', '--date-format=raw-permissive');
  return repository;
}

/** Everything below a commit: path → mode and oid, both as bytes (latin1), so that no name is taken for another. */
async function listing({ gitBytes }: GitRepository, commit: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await gitBytes(Buffer.of(), 'ls-tree', '-r', '-z', commit)).toString('latin1').split('\0');
  return new Map(lines.filter((line) => line !== '').map((line) => [line.slice(line.indexOf('\t') + 1), line]));
}

/** The paths that differ between two commits, sorted. */
export async function changedPaths(repository: GitRepository, from: string, to: string): Promise<string[]> {
  const [before, after] = [await listing(repository, from), await listing(repository, to)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}
