import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { land } from './land.ts';
import { log } from './log.ts';
import { put } from './put.ts';
import { replay } from './replay.ts';
import { describe } from './report.ts';
import { validate } from './validate.ts';

const program = new Command('gitferry')
  .description(manifest.description)
  .version(manifest.version)
  .showHelpAfterError('(add --help to see what it takes)')
  .exitOverride();
for (const command of [validate, put, replay, log, land]) command(program);

// Who reads no further, as head does, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

// 1: the answer is no, or something went wrong; 2: the command line was not understood.
program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(describe(error, Boolean(process.env.DEBUG)));
    process.exitCode = 1;
  }
});
