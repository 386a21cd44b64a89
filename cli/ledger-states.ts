import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { Draft } from '../shared/git/draft.ts';
import type { Remote } from '../shared/git/remote.ts';
import { Ledger, ledgerRef } from '../shared/ledger/ledger.ts';
import type { UnitState } from '../shared/ledger/state.ts';
import { openRemote, tipOf } from './main-repository.ts';
import { findRunning } from './running.ts';

/** Which deployment is meant; the one that runs here, where nothing says. */
export interface Deployed {
  readonly repository?: string;
  readonly branch: string;
  readonly deployment?: string;
  readonly queue?: string;
}

/** Adds the options that name a deployment and its changes queue. */
export function deployedOptions(command: Command): Command {
  return command
    .option('--repository <url>', 'the main repository of a deployment; by default of the stack that runs here')
    .option('--branch <name>', 'its branch', 'main')
    .option('--deployment <name>', 'the deployment whose ledger it is')
    .option('--queue <url>', 'the deployment’s changes queue, with the ordinary credentials of AWS');
}

/** What must be said together; ends the command where it is not. */
export function checkDeployed({ repository, deployment, queue }: Deployed, command: Command, dry = false): void {
  const all = dry ? [repository, deployment] : [repository, deployment, queue];
  if (all.some((one) => one !== undefined) && all.includes(undefined))
    command.error(`error: --repository and --deployment${dry ? '' : ' and --queue'} go together`);
}

/** The states of all units in the deployment's ledger. */
export async function ledgerStates({ repository, branch, deployment }: Deployed): Promise<readonly UnitState[]> {
  const running = repository === undefined ? await findRunning(process.cwd()) : null;
  const remote: Remote = openRemote(repository ?? running?.endpoints.git ?? '');
  const ref = ledgerRef(deployment ?? running?.deployment ?? '', running?.branch ?? branch);
  const ledger = new Ledger(new Draft(remote, await tipOf(remote, ref), { byIds: true }));
  return ledger.page(await ledger.shards());
}

/** Who asks, as the ledger records it: a claim. */
export function asker(): string {
  return userInfo().username;
}
