import type { Command } from 'commander';
import { preview } from '../functions/mirror/preview.ts';
import { formatChange } from '../shared/change/own.ts';
import type { RollbackChange } from '../shared/change/verdict.ts';
import { Rejected } from '../shared/errors.ts';
import { printable } from '../shared/printable.ts';
import { sendToChanges } from './changes-queue.ts';
import { depsOf, show } from './diff.ts';
import { asker, checkDeployed, type Deployed, deployedOptions, ledgerStates } from './ledger-states.ts';

interface Options extends Deployed {
  readonly dryRun?: true;
  readonly why: string;
}

/** `gitferry rollback <release>`: asks for what `verify` asks for when a release failed. */
export function rollback(program: Command): void {
  const command = program
    .command('rollback')
    .summary('take a release back')
    .description(
      'Asks mirror to take a release back, as it does when one fails: its units go back to the latest delivered content, ' +
        'and what it brought is held until something newer comes or gitferry release lets it land.',
    )
    .argument('<release>', 'the release’s id, as gitferry log and the commit’s trailer Gitferry-Release name it')
    .option('--dry-run', 'show the patch, and ask for nothing')
    .option('--why <text>', 'a reason for the commit’s message', '');
  deployedOptions(command).action(async (release: string, options: Options, self: Command) => {
    checkDeployed(options, self, options.dryRun);
    const change: RollbackChange = { ...(await find(release, options)), by: asker(), why: options.why };
    if (options.dryRun) return show(await preview([change], await depsOf(options)), 'patch');
    await sendToChanges(formatChange(change), options.queue);
    console.log(printable(`asked: take back ${release} (${change.unit})`));
  });
}

async function find(release: string, options: Options): Promise<Pick<RollbackChange, 'kind' | 'unit' | 'release'>> {
  const states = await ledgerStates(options);
  const state = states.find(({ releases }) => releases.some((past) => past.release === release));
  if (state === undefined)
    throw new Rejected('ReleaseUnknown', `The ledger knows of no release ${release}.`, {
      hint: 'gitferry log lists them; it is the id of 26 letters and digits.',
    });
  const { releases } = state;
  const by = releases.find(({ reverts }) => reverts === release);
  const newer = releases
    .slice(releases.findIndex((past) => past.release === release) + 1)
    .find((later) => later.release);
  if (by?.release || newer?.release) {
    const what = by?.release
      ? `was taken back by ${by.release}`
      : `is not what stands: ${newer?.release} came after it`;
    throw new Rejected('ReleaseOver', `The release ${release} ${what}.`, {
      hint: 'Take back the release that stands.',
    });
  }
  return { kind: 'rollback', unit: state.unit, release };
}
