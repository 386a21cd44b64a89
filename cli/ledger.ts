import { type Command, Option } from 'commander';
import { parseConfig } from '../shared/config/parse.ts';
import { Rejected, Stalled } from '../shared/errors.ts';
import type { Identity } from '../shared/git/commit.ts';
import type { Remote } from '../shared/git/remote.ts';
import { rebuild } from '../shared/ledger/rebuild.ts';
import { vouch } from '../shared/ledger/vouch.ts';
import { readSigningKey, type Signer } from '../shared/trust/signing.ts';
import { mirrorOf } from '../shared/unit/unit.ts';
import type { VerifyOptions } from './ledger-verify.ts';
import { openRemote, readMain } from './main-repository.ts';
import { findRunning } from './running.ts';

interface Options {
  readonly repository?: string;
  readonly branch: string;
  readonly deployment?: string;
  readonly trustAuthor?: true;
}

/** `gitferry ledger …`: what a person does for a ledger that was lost, or that a new key is to sign. */
export function ledger(program: Command): void {
  const group = program.command('ledger').description('look after the ledger branch');
  about(group.command('rebuild'))
    .summary('write the ledger afresh from the releases on the branch')
    .description(
      'Counts only commits that are ours: signed by GITFERRY_SIGNING_KEY when it holds a private key, else made by the ' +
        '`commit.author` of gitferry.yaml. An old ledger is kept under gitferry-ledger-replaced/.',
    )
    .option('--trust-author', 'count releases by commit.author’s address, whatever their signature')
    .action(runRebuild);
  about(group.command('vouch'))
    .summary('sign the ledger as it stands, by a new key')
    .description('Adds a commit to the ledger that changes nothing, signed by the private key in GITFERRY_SIGNING_KEY.')
    .action(runVouch);
  about(group.command('verify'))
    .summary('compare the ledger with its copy in a bucket')
    .description(
      'Says what is missing in the bucket of `ledger-bucket`, what is there but no longer in Git, what differs, and what can be ' +
        'deleted there. Ends with 0 if nothing is found, with 1 if something is, with 2 if that can’t be told. Credentials of AWS as usual.',
    )
    .requiredOption('--bucket <name>', 'the bucket of the copy')
    .option('--region <name>', 'its region')
    .option(
      '--signed-by <file>',
      'public SSH keys, one of which must have signed; else the key in GITFERRY_SIGNING_KEY',
    )
    .addOption(new Option('-o, --output <form>', 'a line a finding, or JSON').choices(['text', 'json']).default('text'))
    .action(async (options: VerifyOptions, command: Command) => {
      if ((options.repository === undefined) !== (options.deployment === undefined))
        command.error('error: --repository and --deployment go together');
      // The clients of AWS are slow to load.
      await (await import('./ledger-verify.ts')).runVerify(options);
    });
}

function about(command: Command): Command {
  return command
    .option('--repository <url>', 'another main repository than that of the running stack')
    .option('--branch <name>', 'its branch', 'main')
    .option('--deployment <name>', 'the deployment whose ledger it is');
}

async function runRebuild(options: Options): Promise<void> {
  const { remote, deployment, branch, identity } = await target(options);
  const { releases, units, tip, kept } = await rebuild({
    remote,
    deployment,
    branch,
    identity,
    signer: signerOf(process.env.GITFERRY_SIGNING_KEY),
    trustAuthor: options.trustAuthor ?? false,
    mirrorOf: (unit) => mirrorOf(unit).mirror,
  });
  console.log(`The ledger of ${deployment} stands at ${tip.slice(0, 10)}: ${releases} releases of ${units} units.`);
  if (kept !== null) console.log(`The old one is kept as ${kept.slice('refs/heads/'.length)}.`);
}

async function runVouch(options: Options): Promise<void> {
  const signer = signerOf(process.env.GITFERRY_SIGNING_KEY);
  if (signer === null)
    throw new Stalled('SigningKeyMissing', 'There is no key to vouch by.', {
      hint: 'Put the private key into GITFERRY_SIGNING_KEY.',
    });
  const { remote, deployment, branch, identity } = await target(options);
  const tip = await vouch(remote, { deployment, branch }, identity, signer);
  console.log(`The ledger of ${deployment} stands at ${tip.slice(0, 10)}, signed by this key.`);
}

function signerOf(key: string | undefined): Signer | null {
  return key ? readSigningKey(key) : null;
}

interface Target {
  readonly remote: Remote;
  readonly deployment: string;
  readonly branch: string;
  readonly identity: Identity;
}

/** The ledger that is meant, and who is to commit to it: the author that gitferry.yaml names. */
async function target(options: Options): Promise<Target> {
  const running = options.repository && options.deployment ? null : await findRunning(process.cwd());
  const remote = openRemote(options.repository ?? running?.endpoints.git ?? '');
  const branch = options.repository === undefined ? (running?.branch ?? options.branch) : options.branch;
  const deployment = options.deployment ?? running?.deployment ?? '';
  const rules = await readMain(remote, branch, 'gitferry.yaml');
  if (rules === null)
    throw new Rejected('ConfigMissing', `There is no gitferry.yaml at the root of ${branch}.`, {
      hint: 'It names the author of our commits; commit it first.',
    });
  const { author } = parseConfig(rules);
  const seconds = Math.floor(Date.now() / 1000);
  return { remote, deployment, branch, identity: { ...author, seconds, zone: '+0000' } };
}
