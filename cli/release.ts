import type { Command } from 'commander';
import { formatChange } from '../shared/change/own.ts';
import { Rejected } from '../shared/errors.ts';
import type { UnitState } from '../shared/ledger/state.ts';
import { printable } from '../shared/printable.ts';
import { sendToChanges } from './changes-queue.ts';
import { asker, checkDeployed, type Deployed, deployedOptions, ledgerStates } from './ledger-states.ts';

interface Options extends Deployed {
  readonly unit?: string;
}

/** `gitferry release <version>`: lets a version land again that is held, or a unit that a failure stopped. */
export function release(program: Command): void {
  const command = program
    .command('release')
    .summary('let a version land that is held')
    .description(
      'Lets what is held land again: a version that failed or that a person took back. Of a unit that stopped because a ' +
        'release failed (onFailure: hold), whatever is newest lands again.',
    )
    .argument('<version>', 'a version, a content’s digest, or the id of the release that brought it')
    .option('--unit <name>', 'the unit, where several hold that version');
  deployedOptions(command).action(async (version: string, options: Options, self: Command) => {
    checkDeployed(options, self);
    const unit = one(version, await ledgerStates(options), options.unit);
    await sendToChanges(formatChange({ kind: 'lift', unit, version, by: asker() }), options.queue);
    console.log(printable(`asked: let ${unit} ${version} land`));
  });
}

/** Whether a unit holds that version, or was stopped. */
function holds({ held, stopped, releases }: UnitState, version: string): boolean {
  const brought = releases.filter((past) => past.version === version || past.release === version);
  return (
    held.includes(version) ||
    brought.some(({ content }) => content !== null && held.includes(content)) ||
    (stopped !== undefined && brought.length > 0)
  );
}

function one(version: string, states: readonly UnitState[], named: string | undefined): string {
  const found = states.filter((state) =>
    named === undefined ? holds(state, version) : state.unit === named && (state.stopped || holds(state, version)),
  );
  const [unit, ...others] = found.map((state) => state.unit);
  if (unit !== undefined && others.length === 0) return unit;
  if (unit === undefined)
    throw new Rejected('NothingHeld', `${named ?? 'No unit'} holds ${version}, nor was it stopped.`, {
      hint: 'gitferry log shows what is held: taken-back, verdict failed.',
    });
  throw new Rejected('UnitAmbiguous', `${[unit, ...others].join(', ')} hold ${version}.`, {
    hint: 'Name the one that is meant with --unit.',
  });
}
