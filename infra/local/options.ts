import { Command, InvalidArgumentError, Option } from 'commander';

/** What was asked for after `npm start --`. */
export interface Options {
  /** End after the demonstration. */
  readonly once: boolean;
  readonly demo: boolean;
  /** Whether a registry of images runs too, where one is installed. */
  readonly registry: boolean;
  /** 0 is any free port. */
  readonly port: number;
  /** Null is a new repository on this machine. */
  readonly repository: string | null;
  readonly branch: string;
  readonly bucket: string;
  readonly bucketDir: string;
  /** Files that say how clusters are reached; none: there are no clusters. */
  readonly kubeconfig: readonly string[];
}

export function parseOptions(argv: readonly string[]): Options {
  const command = new Command('npm start --')
    .description('Runs gitferry on this machine: bucket, queue, event bus, functions and a Git server.')
    .option('--once', 'end after the demonstration; the exit status says whether it went well')
    .option('--no-demo', 'drop no examples')
    .option('--no-registry', 'run no registry of images, though one is installed')
    .addOption(
      new Option('--port <number>', 'where S3, SQS and EventBridge answer').argParser(port).default(0, 'any free port'),
    )
    .option(
      '--repository <url>',
      'land in this repository, with GITFERRY_GIT_* as credentials; leaves the examples out',
    )
    .option('--branch <name>', 'with --repository: the branch there', 'main')
    .option('--bucket <name>', 'with --repository: the bucket that gitferry.yaml names there', 'releases')
    .option('--bucket-dir <folder>', 'files here are the bucket: a file copied there is an upload', '.gitferry/bucket')
    .option('--kubeconfig <file>', 'land for the cluster of this kubeconfig; for several, give it again', also, [])
    .helpOption('--help', 'show this')
    .parse([...argv], { from: 'user' });
  const wrong = complaint(command.getOptionValue('repository'));
  if (wrong !== null) command.error(`error: ${wrong}`);
  for (const name of ['branch', 'bucket'])
    if (command.getOptionValueSource(name) === 'cli' && command.getOptionValue('repository') === undefined)
      command.error(`error: --${name} goes with --repository; the repository that is made here has its own`);
  return { once: false, repository: null, ...command.opts<Omit<Options, 'once' | 'repository'>>() };
}

function also(text: string, before: readonly string[]): readonly string[] {
  if (text.includes(':')) throw new InvalidArgumentError('Its path must be without a colon.');
  return [...before, text];
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/u.test(text) || number > 65_535) throw new InvalidArgumentError('A port is a number up to 65535.');
  return number;
}

/** What is wrong with the address of a repository, if anything is; it may hold a password, so it isn't repeated. */
function complaint(address: string | undefined): string | null {
  if (address === undefined) return null;
  const url = URL.parse(address);
  if (url === null || !/^https?:$/u.test(url.protocol)) return 'what follows --repository is no http address';
  if (url.username === '' && url.password === '') return null;
  return 'credentials go into GITFERRY_GIT_USERNAME and GITFERRY_GIT_PASSWORD, or GITFERRY_GIT_TOKEN';
}
