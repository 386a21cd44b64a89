import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Remote } from '../shared/git/remote.ts';
import { ledgerRef } from '../shared/ledger/ledger.ts';
import { printableJson } from '../shared/printable.ts';
import { formatEvent } from './event-line.ts';
import { ledgerEvents } from './ledger-events.ts';
import { openRemote, tipOf } from './main-repository.ts';
import { findRunning } from './running.ts';

interface Options {
  readonly number: number;
  readonly unit?: string;
  readonly output: 'text' | 'json';
  readonly repository?: string;
  readonly branch: string;
  readonly deployment?: string;
}

/** `gitferry log`: what the ledger recorded, newest first. */
export function log(program: Command): void {
  program
    .command('log')
    .summary('show what landed, what was rejected, and why')
    .description(
      'Shows what the ledger recorded, newest first. Credentials: GITFERRY_GIT_TOKEN, or GITFERRY_GIT_USERNAME and ' +
        'GITFERRY_GIT_PASSWORD, else git’s credential helper.',
    )
    .option('-n, --number <count>', 'how many events', count, 20)
    .option('--unit <text>', 'only units whose name holds this text')
    .addOption(new Option('-o, --output <form>', 'a line an event, or JSON').choices(['text', 'json']).default('text'))
    .option('--repository <url>', 'another main repository')
    .option('--branch <name>', 'its branch', 'main')
    .option('--deployment <name>', 'the deployment whose ledger it is')
    .action(async (options: Options, command: Command) => {
      const { remote, ref } = await ledgerOf(options, command);
      let left = options.number;
      for await (const { commit, event } of ledgerEvents(remote, await tipOf(remote, ref))) {
        if (options.unit !== undefined && !event.unit?.includes(options.unit)) continue;
        console.log(options.output === 'json' ? printableJson({ ledger: commit, ...event }) : formatEvent(event));
        left -= 1;
        if (left === 0) break;
      }
    });
}

async function ledgerOf(
  options: Options,
  command: Command,
): Promise<{ readonly remote: Remote; readonly ref: string }> {
  const { repository, branch, deployment } = options;
  if (repository === undefined) {
    const running = await findRunning(process.cwd());
    return { remote: openRemote(running.endpoints.git), ref: ledgerRef(running.deployment, running.branch) };
  }
  if (deployment === undefined) command.error('error: with --repository, name the deployment too');
  return { remote: openRemote(repository), ref: ledgerRef(deployment, branch) };
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/u.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}
