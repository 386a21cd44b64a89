import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cost, measure } from './measure.ts';

/** The same edit by native git, which knows the file: what needs no memory of the repository has to clone it. */
const SCRIPT = `
git clone --quiet --depth 1 "$1" clone && cd clone
sed -i "s|image: $2:.*|image: $2:$3|" "$4"
git commit --quiet --all --message "Release $2:$3" && git push --quiet origin HEAD:main
`;

export async function clonedEdit(repository: string, image: string, tag: string, path: string): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-bench-'));
  try {
    return await measure('sh', ['-ec', SCRIPT, 'sh', repository, image, tag, path], folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
