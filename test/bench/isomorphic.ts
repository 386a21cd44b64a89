// Lands one commit as isomorphic-git does it: a shallow clone, on disk but without a checkout, and its own push.
import fs from 'node:fs';
import { join } from 'node:path';
import git, { type TreeEntry } from 'isomorphic-git';
import http from 'isomorphic-git/http/node';

const author = { name: 'Bench', email: 'bench@example.org' };

async function main(url: string, file: string, paths: readonly string[]): Promise<void> {
  const dir = join(process.cwd(), 'clone');
  const repository = { fs, dir, gitdir: join(dir, '.git') };
  await git.clone({ ...repository, http, url, depth: 1, singleBranch: true, noCheckout: true });
  const blob = await git.writeBlob({ ...repository, blob: fs.readFileSync(file) });
  const parent = await git.resolveRef({ ...repository, ref: 'HEAD' });

  const put = async (oid: string | null, names: readonly string[]): Promise<string> => {
    const [name = '', ...rest] = names;
    const before: TreeEntry[] = oid === null ? [] : (await git.readTree({ ...repository, oid })).tree;
    const inner = before.find((entry) => entry.path === name);
    const entry: TreeEntry =
      rest.length === 0
        ? { mode: '100644', path: name, oid: blob, type: 'blob' }
        : { mode: '040000', path: name, oid: await put(inner?.oid ?? null, rest), type: 'tree' };
    const tree = [...before.filter((other) => other.path !== name), entry];
    return git.writeTree({ ...repository, tree });
  };
  let tree = (await git.readCommit({ ...repository, oid: parent })).commit.tree;
  for (const path of paths) tree = await put(tree, path.split('/'));

  await git.commit({ ...repository, message: 'Bench', author, tree, parent: [parent], ref: 'refs/heads/main' });
  await git.push({ ...repository, http, url, ref: 'main' });
}

const [url = '', file = '', ...paths] = process.argv.slice(2);
main(url, file, paths).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
