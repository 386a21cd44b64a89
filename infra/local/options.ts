import { Command, InvalidArgumentError, Option } from 'commander';

/** What was asked for after `npm start --`. */
export interface Options {
  /** End after the demonstration. */
  readonly once: boolean;
  readonly demo: boolean;
  /** 0 is any free port. */
  readonly port: number;
  /** Null is a new repository on this machine. */
  readonly repository: string | null;
  readonly branch: string;
  readonly bucket: string;
  readonly bucketDir: string;
}

export function parseOptions(argv: readonly string[]): Options {
  const command = new Command('npm start --')
    .description('Runs gitferry on this machine: bucket, queue, event bus, functions and a Git server.')
    .option('--once', 'end after the demonstration; the exit status says whether it went well')
    .option('--no-demo', 'drop no examples')
    .addOption(
      new Option('--port <number>', 'where S3, SQS and EventBridge answer').argParser(port).default(0, 'any free port'),
    )
    .option(
      '--repository <url>',
      'land in this repository, with GITFERRY_GIT_* as credentials; leaves the examples out',
    )
    .option('--branch <name>', 'the branch of that repository', 'main')
    .option('--bucket <name>', "the bucket's name, as gitferry.yaml has it", 'releases')
    .option('--bucket-dir <folder>', 'files here are the bucket: a file copied there is an upload', '.gitferry/bucket')
    .helpOption('--help', 'show this')
    .showHelpAfterError()
    .parse([...argv], { from: 'user' });
  return { once: false, repository: null, ...command.opts<Omit<Options, 'once' | 'repository'>>() };
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/u.test(text) || number > 65_535) throw new InvalidArgumentError('A port is a number up to 65535.');
  return number;
}
