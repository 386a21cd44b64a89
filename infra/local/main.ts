// `npm start`: the whole of gitferry on this machine, and a demonstration of it.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { demonstrate } from './demonstration.ts';
import { exampleRepository, exampleUploads } from './examples.ts';
import type { Happening } from './happening.ts';
import { prepareImages, type RunImages } from './images.ts';
import { invite } from './invitation.ts';
import { takeLock } from './lock.ts';
import { Narrator } from './narrator.ts';
import { type Options, parseOptions } from './options.ts';
import { git, makeRepository, serveRepositories } from './repository.ts';
import { type Stack, startStack } from './stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = '.gitferry';
const OWN_REPOSITORY = join(FOLDER, 'main.git');
const DEPLOYMENT = 'local';

/** What of the caller's environment reaches the functions. */
const PASSED_ON = [
  ...['GITFERRY_GIT_USERNAME', 'GITFERRY_GIT_PASSWORD', 'GITFERRY_GIT_TOKEN', 'GITFERRY_SIGNING_KEY'],
  ...['GITFERRY_REGISTRY_CREDENTIALS', 'GITFERRY_PRIVATE_REGISTRIES'],
  ...['GITFERRY_NUDGES', 'GITFERRY_NOTIFICATIONS'],
];

interface Run {
  readonly options: Options;
  readonly stack: Stack;
  /** What `git clone` takes. */
  readonly repository: string;
  readonly images: RunImages;
  readonly narrator: Narrator;
  readonly happenings: readonly Happening[];
  close(): Promise<void>;
}

async function main(options: Options): Promise<boolean> {
  await mkdir(FOLDER, { recursive: true });
  const lock = await takeLock(join(FOLDER, 'lock'));
  if (lock === null)
    throw new Error(
      `gitferry runs in this folder already (${FOLDER}/run.json says where). End that one first: Ctrl-C.`,
    );
  const interrupted = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  try {
    const run = await start(options);
    const ends = interrupted.then(() => true);
    const good = await Promise.race([show(run), ends]);
    if (!options.once) await ends;
    await run.close();
    return good;
  } finally {
    await rm(join(FOLDER, 'run.json'), { force: true });
    await lock.release();
  }
}

async function start(options: Options): Promise<Run> {
  const narrator = new Narrator((line) => console.log(line), process.stdout.isTTY === true, new Date());
  const happenings: Happening[] = [];
  const own = options.repository === null;
  await using started = new AsyncDisposableStack();
  const images = await prepareImages(resolve(FOLDER, 'registry'), own && options.registry);
  started.defer(() => images.stop());
  if (own)
    await makeRepository(OWN_REPOSITORY, options.branch, await exampleRepository(join(ROOT, 'examples'), images.host));
  const server = own ? await serveRepositories(resolve(FOLDER)) : null;
  started.defer(() => server?.close());
  const repository = options.repository ?? `${server?.url}/main.git`;
  const stack = await startStack({
    root: ROOT,
    folder: resolve(FOLDER),
    bucketFolder: resolve(options.bucketDir),
    watch: true,
    bucket: options.bucket,
    deployment: DEPLOYMENT,
    repository,
    branch: options.branch,
    port: options.port,
    environment: {
      ...Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
      ...images.environment,
      ...(options.kubeconfig.length === 0 ? {} : { GITFERRY_KUBECONFIG: kubeconfigs(options) }),
    },
    observe: (happening) => {
      happenings.push(happening);
      narrator.tell(happening);
    },
  });
  started.defer(() => stack.stop());
  await images.start(stack.receiveUrl);
  const running = started.move();
  return { options, stack, repository, images, narrator, happenings, close: () => running.disposeAsync() };
}

function kubeconfigs({ kubeconfig }: Options): string {
  return kubeconfig.map((file) => resolve(file)).join(':');
}

/** All that is to be seen until the run only waits for more. Answers whether it went well. */
async function show(run: Run): Promise<boolean> {
  const { options, stack, repository, images, narrator, happenings } = run;
  const { receiveUrl } = stack;
  const registry = images.host === null ? null : `http://${images.host}`;
  const endpoints = {
    s3: stack.url,
    sqs: stack.url,
    events: stack.url,
    sns: stack.url,
    dynamodb: stack.tablesUrl,
    git: repository,
    receive: receiveUrl,
    registry,
  };
  const { bucket, branch } = options;
  const place = options.repository ?? OWN_REPOSITORY;
  const about = {
    endpoints,
    bucket,
    queue: stack.queue,
    repository: place,
    branch,
    deployment: DEPLOYMENT,
    pid: process.pid,
  };
  await writeFile(join(FOLDER, 'run.json'), `${JSON.stringify(about, null, 2)}\n`);

  narrator.heading('gitferry runs on this machine');
  narrator.text(`bucket       ${bucket}, its objects as files in ${relative('.', options.bucketDir) || '.'}`);
  narrator.text(
    `repository   ${place}, branch ${branch}${options.repository === null ? `, served at ${repository}` : ''}`,
  );
  narrator.text(`AWS          ${stack.url} (S3, SQS, SNS, EventBridge), ${stack.tablesUrl} (DynamoDB)`);
  for (const file of options.kubeconfig) narrator.text(`cluster      of ${file}`);
  narrator.text(`webhooks     ${receiveUrl}`);
  if (images.host !== null) narrator.text(`registry     ${images.host}`);

  const begun = happenings.length;
  await stack.runSchedules();
  let good = await stack.settled(60_000).then(
    () => !happenings.slice(begun).some(({ kind }) => kind === 'failed'),
    () => false,
  );
  const own = options.repository === null;
  const mirrorsImages = own && images.host !== null && (await readConfig(place, branch)).includes(images.host);
  if (options.demo && own) {
    const uploads = await exampleUploads(join(ROOT, 'examples'));
    const about = { stack, bucket, uploads, registry: mirrorsImages ? images.host : null };
    good = (await demonstrate({ ...about, repository: resolve(place), branch, narrator, happenings })) && good;
  }
  if (!options.once) invite({ narrator, options, images, mirrorsImages, receiveUrl });
  else if (!good) narrator.heading(`This did not go well. What the functions said stands in ${FOLDER}/*.log.`);
  return good;
}

function readConfig(repository: string, branch: string): Promise<string> {
  return git(repository, ['show', `${branch}:gitferry.yaml`]).catch(() => '');
}

try {
  process.exitCode = (await main(parseOptions(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
