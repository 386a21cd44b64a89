import { readFile, stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { checkPath } from '../shared/artifact/path.ts';
import { Rejected } from '../shared/errors.ts';
import type { Identity } from '../shared/git/commit.ts';
import type { Draft } from '../shared/git/draft.ts';
import { land as landOn } from '../shared/git/land.ts';
import { type Entry, type GitObject, type Oid, oidOf } from '../shared/git/object.ts';
import { SmartHttp } from '../shared/git/smart-http.ts';
import { readSigningKey, type Signer } from '../shared/trust/signing.ts';
import { findCredentials } from './git-credentials.ts';

interface Options {
  readonly repository: string;
  readonly branch: string;
  readonly put: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  readonly message?: string;
  readonly create?: true;
  readonly byIds?: true;
  readonly output?: 'json';
}

/** The edits as trees want them. */
interface Edits {
  readonly entries: ReadonlyMap<string, Entry | null>;
  readonly objects: ReadonlyMap<Oid, GitObject>;
}

/** `gitferry land`: puts and removes files on a branch of any repository, as one commit, without a clone. */
export function land(program: Command): void {
  program
    .command('land')
    .summary('commit files to a branch of any repository, without a clone')
    .description(
      'Lands one commit on a branch over smart HTTP. Credentials: GITFERRY_GIT_TOKEN, or GITFERRY_GIT_USERNAME and ' +
        'GITFERRY_GIT_PASSWORD, else git’s credential helper. Signed when GITFERRY_SIGNING_KEY holds a private key.',
    )
    .requiredOption('--repository <url>', 'as git clone takes it, http or https')
    .requiredOption('--branch <name>', 'the branch that is to move')
    .option('--put <path=file>', 'the file’s bytes are to stand at the path; may be repeated', addPut, {})
    .option('--remove <path>', 'a file or folder that is to go; may be repeated', addRemove, [])
    .option('-m, --message <text>', 'the commit’s message')
    .option('--create', 'create the branch when it does not exist')
    .option('--by-ids', 'ask for each folder by its id: fewer bytes, more requests')
    .option('-o, --output <json>', 'print what happened as JSON', onlyJson)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const bytes = { sent: 0, received: 0 };
  let requests = 0;
  const remote = new SmartHttp({
    url: options.repository,
    credentials: findCredentials(options.repository, process.env),
    onTraffic: (traffic) => {
      requests += traffic.requests;
      bytes.sent += traffic.sent;
      bytes.received += traffic.received;
    },
  });
  const edits = await readEdits(options);
  const signer = process.env.GITFERRY_SIGNING_KEY ? readSigningKey(process.env.GITFERRY_SIGNING_KEY) : null;
  const message = `${options.message ?? describeEdits(edits)}\n`;
  const { commit, landed, attempts } = await landOn(
    remote,
    `refs/heads/${options.branch}`,
    (draft) => build(draft, edits, message, signer),
    { create: options.create ?? false, byIds: options.byIds ?? false },
  );
  if (options.output === 'json') console.log(JSON.stringify({ commit, attempts, requests, bytes }));
  else console.log(landed ? `Landed ${commit} on ${options.branch}.` : `Nothing differs; ${options.branch} stays.`);
}

async function readEdits({ put, remove }: Options): Promise<Edits> {
  const entries = new Map<string, Entry | null>();
  const objects = new Map<Oid, GitObject>();
  for (const path of remove) entries.set(path, null);
  for (const [path, file] of Object.entries(put)) {
    const blob: GitObject = { type: 'blob', bytes: await readFile(file) };
    const executable = ((await stat(file)).mode & 0o100) !== 0;
    const oid = oidOf(blob);
    objects.set(oid, blob);
    entries.set(path, { mode: executable ? '100755' : '100644', oid });
  }
  for (const path of entries.keys()) checkPath(path);
  if (entries.size === 0) {
    throw new Rejected('NothingToLand', 'There is nothing to put and nothing to remove.', {
      hint: 'Name at least one --put <path>=<file> or --remove <path>.',
    });
  }
  return { entries, objects };
}

/** Drafts the edits that change something; none when all is already as it should be. */
async function build(draft: Draft, { entries, objects }: Edits, message: string, signer: Signer | null): Promise<void> {
  await draft.open([...entries.keys()]);
  const edits = new Map<string, Entry | null>();
  for (const [path, entry] of entries) {
    const [before, blocker] = [draft.entry(path), draft.blocker(path)];
    if (entry !== null && blocker !== null) {
      throw new Rejected('PathBlocked', `${path} can not be written: ${blocker} is no folder.`, {
        hint: `Remove ${blocker} first.`,
        facts: { path, blocker },
      });
    }
    if (before?.oid !== entry?.oid || before?.mode !== entry?.mode) edits.set(path, entry);
  }
  if (edits.size === 0) return;
  await draft.commit({ edits, objects, message, identity: identity(), signer });
}

function identity(): Identity {
  const { GIT_AUTHOR_NAME: name = 'gitferry', GIT_AUTHOR_EMAIL: email = 'gitferry@localhost' } = process.env;
  return { name, email, seconds: Math.floor(Date.now() / 1000), zone: '+0000' };
}

function describeEdits({ entries }: Edits): string {
  const [first = '', ...others] = [...entries].map(([path, entry]) => `${entry === null ? 'Remove' : 'Put'} ${path}`);
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function addPut(pair: string, puts: Options['put']): Options['put'] {
  const [, path, file] = /^([^=]+)=(.+)$/su.exec(pair) ?? [];
  if (path === undefined || file === undefined) throw new InvalidArgumentError('It is written <path>=<file>.');
  return { ...puts, [path]: file };
}

function addRemove(path: string, paths: Options['remove']): Options['remove'] {
  return [...paths, path];
}

function onlyJson(format: string): 'json' {
  if (format !== 'json') throw new InvalidArgumentError('It knows json only.');
  return format;
}
