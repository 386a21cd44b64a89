import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Draft } from '../../shared/git/draft.ts';
import { type Entry, type GitObject, type Oid, oidOf } from '../../shared/git/object.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { ADA, cold } from './branch.ts';

let server: GitServer;
before(async () => {
  server = await startGitServer({ 'seed.txt': 'seed\n' });
});
after(() => server.close());

/** Names that sort in traps: beside, before and behind the slash of a folder. */
const name = fc.constantFrom('a', 'a.b', 'a-b', 'a0', 'ab', 'B', 'ä', 'z z', 'a"q', 'é.yaml', '-', '~');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const content = fc.constantFrom('one\n', 'two\n', '');
const mode = fc.constantFrom('100644', '100755');
const tree = fc.dictionary(path, content, { maxKeys: 12 });
const edits = fc.array(fc.tuple(path, fc.option(fc.tuple(mode, content), { freq: 3 })), { minLength: 1, maxLength: 6 });

/** Leaves out paths that would need a name to be both a file and a folder. */
function consistent<T>(pairs: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  const kept: (readonly [string, T])[] = [];
  for (const [at, value] of pairs) {
    const clash = kept.some(([other]) => other === at || other.startsWith(`${at}/`) || at.startsWith(`${other}/`));
    if (!clash) kept.push([at, value]);
  }
  return kept;
}

/** What native git makes of the same edits, in an index of its own. */
async function native(root: Oid, changes: readonly (readonly [string, Entry | null])[]): Promise<string> {
  const { repository } = server;
  await repository.git('read-tree', root);
  const lines = changes.map(([at, entry]) =>
    entry === null ? `0 ${'0'.repeat(40)}\t${at}\0` : `${entry.mode} ${entry.oid}\t${at}\0`,
  );
  await repository.gitBytes(Buffer.from(lines.join('')), 'update-index', '-z', '--index-info');
  return repository.git('write-tree');
}

test('random trees and random edits give the root tree that native git builds', async () => {
  const { repository } = server;
  let branch = 0;
  const property = fc.asyncProperty(tree, edits, async (files, wanted) => {
    const ref = `random-${++branch}`;
    const tip = await repository.commit(Object.fromEntries(consistent(Object.entries(files))), ref);
    const standing = [...(await repository.list(tip)).keys()];
    const objects = new Map<Oid, GitObject>();
    const changes = consistent(wanted)
      .filter(([at]) => !standing.some((other) => at.startsWith(`${other}/`) || other.startsWith(`${at}/`)))
      .map(([at, edit]): readonly [string, Entry | null] => {
        if (edit === null) return [at, null];
        const blob: GitObject = { type: 'blob', bytes: Buffer.from(edit[1]) };
        objects.set(oidOf(blob), blob);
        return [at, { mode: edit[0], oid: oidOf(blob) }];
      });
    const remote = cold(server.url);
    const draft = new Draft(remote, tip);
    await draft.open(changes.map(([at]) => at));
    const to = await draft.commit({
      edits: new Map(changes),
      objects,
      message: 'Random\n',
      identity: ADA,
      signer: null,
    });
    const report = await remote.push([{ ref: `refs/heads/${ref}`, from: tip, to }], draft.added);
    assert.equal(report.moved.size, 1);
    assert.equal(await repository.git('rev-parse', `${to}^{tree}`), await native(tip, changes));
  });
  await fc.assert(property, { numRuns: 25 });
  await repository.git('fsck', '--strict', '--full');
});
