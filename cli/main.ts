import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { describe } from './report.ts';

/** How each command is added; only the one that was asked for is loaded, since the AWS clients are slow to load. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  init: async () => (await import('./init.ts')).init,
  validate: async () => (await import('./validate.ts')).validate,
  put: async () => (await import('./put.ts')).put,
  diff: async () => (await import('./diff.ts')).diff,
  replay: async () => (await import('./replay.ts')).replay,
  redrive: async () => (await import('./redrive.ts')).redrive,
  rollback: async () => (await import('./rollback.ts')).rollback,
  release: async () => (await import('./release.ts')).release,
  log: async () => (await import('./log.ts')).log,
  land: async () => (await import('./land.ts')).land,
  ledger: async () => (await import('./ledger.ts')).ledger,
  'update-images': async () => (await import('./update-images.ts')).updateImages,
};

// A process that ends so soon needs no room for garbage to grow into: 8 MB less at the peak.
setFlagsFromString('--semi-space-growth-factor=1');

const program = new Command('gitferry')
  .description(manifest.description)
  .version(manifest.version)
  .showHelpAfterError('(add --help to see what it takes)')
  .exitOverride();
// Who reads no further, as head does, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

async function main(): Promise<void> {
  const asked = commands[process.argv[2] ?? ''];
  for (const load of asked === undefined ? Object.values(commands) : [asked]) (await load())(program);
  await program.parseAsync();
}

// 1: the answer is no, or something went wrong; 2: the command line was not understood.
main().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(describe(error, Boolean(process.env.DEBUG)));
    process.exitCode = 1;
  }
});
