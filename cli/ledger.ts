import type { Command } from 'commander';
import { parseConfig } from '../shared/config/parse.ts';
import { Rejected } from '../shared/errors.ts';
import { rebuild } from '../shared/ledger/rebuild.ts';
import { readSigningKey } from '../shared/trust/signing.ts';
import { mirrorOf } from '../shared/unit/unit.ts';
import { openRemote, readMain } from './main-repository.ts';
import { findRunning } from './running.ts';

interface Options {
  readonly repository?: string;
  readonly branch: string;
  readonly deployment?: string;
}

/** `gitferry ledger rebuild`: a person's command, for a ledger that was lost or that someone else wrote to. */
export function ledger(program: Command): void {
  program
    .command('ledger')
    .description('look after the ledger branch')
    .command('rebuild')
    .summary('write the ledger afresh from the releases on the branch')
    .description(
      'Counts only commits that are ours: signed by GITFERRY_SIGNING_KEY when it holds a private key, else made by the ' +
        '`commit.author` of gitferry.yaml. An old ledger is kept under gitferry-ledger-replaced/.',
    )
    .option('--repository <url>', 'another main repository than that of the running stack')
    .option('--branch <name>', 'its branch', 'main')
    .option('--deployment <name>', 'the deployment whose ledger it is')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { url, branch, deployment } = await target(options);
  const remote = openRemote(url);
  const rules = await readMain(remote, branch, 'gitferry.yaml');
  if (rules === null)
    throw new Rejected('ConfigMissing', `There is no gitferry.yaml at the root of ${branch}.`, {
      hint: 'It names the author of our commits; commit it first.',
    });
  const { author } = parseConfig(rules);
  const signer = process.env.GITFERRY_SIGNING_KEY ? readSigningKey(process.env.GITFERRY_SIGNING_KEY) : null;
  const identity = { ...author, seconds: Math.floor(Date.now() / 1000), zone: '+0000' };
  const { releases, units, tip, kept } = await rebuild({
    remote,
    deployment,
    branch,
    identity,
    signer,
    mirrorOf: (unit) => mirrorOf(unit).mirror,
  });
  console.log(`The ledger of ${deployment} stands at ${tip.slice(0, 10)}: ${releases} releases of ${units} units.`);
  if (kept !== null) console.log(`The old one is kept as ${kept.slice('refs/heads/'.length)}.`);
}

async function target({ repository, branch, deployment }: Options) {
  if (repository !== undefined && deployment !== undefined) return { url: repository, branch, deployment };
  const running = await findRunning(process.cwd());
  return {
    url: repository ?? running.endpoints.git,
    branch: repository === undefined ? running.branch : branch,
    deployment: deployment ?? running.deployment,
  };
}
