import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DOORS } from '../../functions/receive/doors.ts';
import { REGION } from '../../infra/local/definitions.ts';
import type { Happening } from '../../infra/local/happening.ts';
import type { BusEvent } from '../../infra/local/pattern.ts';
import { CREDENTIALS } from '../../infra/local/queues.ts';
import { makeRepository, serveRepositories } from '../../infra/local/repository.ts';
import { type Stack, startStack as start } from '../../infra/local/stack.ts';

const ROOT = join(import.meta.dirname, '../..');

export const BUCKET = 'releases';

/** Of every door of `receive`, unless a test brings its own. */
export const WEBHOOK_SECRET = 'a-secret-of-the-tests';

/** `gitferry.yaml` unless a test brings its own: charts to `charts/{name}`, files to `apps/production`. */
export const CONFIG = `apiVersion: gitferry.dev/v1
mirrors:
  - bucket: ${BUCKET}
    prefix: charts/
    chart: charts/{name}
  - bucket: ${BUCKET}
    prefix: config/
    files: apps/production
`;

export interface TestStackOptions {
  /** The main repository's first commit, beside gitferry.yaml. */
  readonly files?: Readonly<Record<string, string>>;
  /** The text of gitferry.yaml. */
  readonly config?: string;
  /** Where other handlers stand. */
  readonly code?: string;
  /** A bare repository that is there already, `main.git` in this folder, served instead of a new one. */
  readonly repositories?: string;
  /** Goes on with what an earlier stack left in this folder; it is not removed at the end. */
  readonly folder?: string;
  /** The text of a file like serverless.params.yml. */
  readonly parameters?: string;
  /** Files put into the bucket's folder by hand are uploads. */
  readonly watch?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds before events are given to functions again that failed. */
  readonly retries?: readonly number[];
  /** The same for single functions. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface TestStack extends Stack {
  readonly s3: S3Client;
  readonly folder: string;
  readonly bucketFolder: string;
  /** The bare repository. */
  readonly git: string;
  /** Its address. */
  readonly repository: string;
  /** What gitferry told on its bus. */
  readonly events: readonly BusEvent[];
  readonly happenings: readonly Happening[];
  put(key: string, bytes: Uint8Array | string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** The embedded run in a folder of its own. */
export async function startStack(options: TestStackOptions = {}): Promise<TestStack> {
  await using started = new AsyncDisposableStack();
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'gitferry-stack-')));
  if (options.folder === undefined) started.defer(() => rm(folder, { recursive: true, force: true }));
  const repositories = options.repositories ?? folder;
  const git = join(repositories, 'main.git');
  const files = { 'gitferry.yaml': options.config ?? CONFIG, ...options.files };
  await makeRepository(git, 'main', new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));
  const server = await serveRepositories(repositories);
  started.defer(() => server.close());

  const paramFile = join(folder, 'params.yml');
  if (options.parameters !== undefined) await writeFile(paramFile, options.parameters);
  const happenings: Happening[] = [];
  const events: BusEvent[] = [];
  const stack = await start({
    root: ROOT,
    ...(options.code === undefined ? {} : { code: options.code }),
    folder,
    bucketFolder: join(folder, 'bucket'),
    watch: options.watch ?? false,
    bucket: BUCKET,
    deployment: 'test',
    repository: `${server.url}/main.git`,
    branch: 'main',
    port: 0,
    ...(options.parameters === undefined ? {} : { paramFile }),
    environment: {
      GITFERRY_WEBHOOK_SECRETS: JSON.stringify(
        Object.fromEntries([...DOORS.keys()].map((door) => [door, WEBHOOK_SECRET])),
      ),
      ...options.environment,
    },
    ...(options.environments === undefined ? {} : { environments: options.environments }),
    ...(options.retries === undefined ? {} : { retries: options.retries }),
    observe: (happening) => {
      happenings.push(happening);
      if (happening.kind === 'event' && happening.event.source === 'gitferry') events.push(happening.event);
    },
  });
  started.defer(() => stack.stop());
  const s3 = new S3Client({ endpoint: stack.url, region: REGION, credentials: CREDENTIALS, forcePathStyle: true });
  started.defer(() => s3.destroy());

  const running = started.move();
  return {
    ...stack,
    s3,
    folder,
    bucketFolder: join(folder, 'bucket'),
    git,
    repository: `${server.url}/main.git`,
    events,
    happenings,
    put: async (key, bytes) => {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes }));
    },
    remove: async (key) => {
      await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    },
    stop: () => running.disposeAsync(),
  };
}
