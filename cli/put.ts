import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../shared/config/config.ts';
import { parseConfig } from '../shared/config/parse.ts';
import { printable } from '../shared/printable.ts';
import { releaseUnit, unitOf } from '../shared/unit/unit.ts';
import { openRemote, readMain } from './main-repository.ts';
import { findRunning, localAws, type Running } from './running.ts';
import { uploadKey } from './upload-key.ts';

type Rules = Pick<Config, 'mirrors' | 'releases'>;

interface Options {
  readonly bucket?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where uploads go, and the key of each by its path below what was named. */
interface Target {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: (path: string) => string;
  /** Those of gitferry.yaml; null where that can't be read from here. */
  readonly rules: Rules | null;
}

const NOBODYS = 'no mirror of gitferry.yaml covers this key, so nothing will come of it';

/** `gitferry put <file> [key]`: drops a file, or all files of a folder, into the bucket. */
export function put(program: Command): void {
  program
    .command('put')
    .summary('drop a file or a folder into the bucket')
    .description('Drops a file, or every file of a folder, into the bucket of the stack that runs here.')
    .argument('<file>', 'a file or a folder')
    .argument('[key]', 'its key; for a folder, what all keys begin with (default: where gitferry.yaml takes it)')
    .option('--bucket <name>', 'a bucket of AWS, with its ordinary credentials; then the key is needed')
    .option('--metadata <key=value>', 'what to write beside the object; may be repeated', addPair, {})
    .action(async (file: string, key: string | undefined, { bucket, metadata }: Options, command: Command) => {
      const folder = (await stat(file)).isDirectory();
      const keyed = key === undefined ? null : (path: string) => (folder ? `${key.replace(/\/$/u, '')}/${path}` : key);
      if (bucket !== undefined && keyed === null) command.error('error: with --bucket, name the key too');
      const target =
        bucket !== undefined && keyed !== null
          ? { s3: new S3Client({}), bucket, key: keyed, rules: null }
          : await runningTarget(await findRunning(process.cwd()), keyed);
      for (const path of folder ? await filesBelow(file) : [basename(file)]) {
        console.log(printable(await upload(target, folder ? join(file, path) : file, path, metadata)));
        if (isNobodys(target, path)) console.error(`warning: ${NOBODYS}`);
      }
    });
}

async function runningTarget(running: Running, keyed: Target['key'] | null): Promise<Target> {
  const { bucket, endpoints } = running;
  const s3 = new S3Client({ ...localAws, endpoint: endpoints.s3, forcePathStyle: true });
  // What is wrong with gitferry.yaml stands in nobody's way who names the key.
  if (keyed !== null) return { s3, bucket, key: keyed, rules: await rulesOf(running).catch(() => null) };
  const rules = await rulesOf(running);
  return { s3, bucket, key: (path) => uploadKey(rules, bucket, path), rules };
}

/** Whether nothing will come of an upload, because no rule looks where it lies. */
function isNobodys({ rules, bucket, key }: Target, path: string): boolean {
  if (rules === null) return false;
  const { mirrors, releases } = rules;
  return (
    mirrors.every((mirror) => mirror.bucket !== bucket || unitOf(mirror, key(path)) === null) &&
    releases.every((rule) => releaseUnit(rule, bucket, key(path)) === null)
  );
}

async function rulesOf({ endpoints, branch }: Running): Promise<Rules> {
  const file = await readMain(openRemote(endpoints.git), branch, 'gitferry.yaml');
  return file === null ? { mirrors: [], releases: [] } : parseConfig(file);
}

async function upload(
  { s3, bucket, key }: Target,
  file: string,
  path: string,
  metadata: Options['metadata'],
): Promise<string> {
  const [body, name] = [await readFile(file), key(path)];
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: body, Metadata: { ...metadata } }));
  return `s3://${bucket}/${name} (${body.length} bytes)`;
}

/** The paths of all files below a folder, with slashes, in order. Links are not followed. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/')).sort();
}

function addPair(pair: string, pairs: Options['metadata']): Options['metadata'] {
  const [, key, value] = /^([A-Za-z0-9._-]+)=(.*)$/su.exec(pair) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It is written key=value.');
  return { ...pairs, [key]: value };
}
