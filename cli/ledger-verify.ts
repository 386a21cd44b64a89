import { readFile } from 'node:fs/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { Stalled } from '../shared/errors.ts';
import { ledgerRef } from '../shared/ledger/ledger.ts';
import { printable, printableJson } from '../shared/printable.ts';
import { readSigningKey, verifies } from '../shared/trust/signing.ts';
import { type Comparison, compare, type Finding, type Tally } from './ledger-copy/compare.ts';
import { type Keeping, s3Copies } from './ledger-copy/copies.ts';
import { unprotected } from './ledger-copy/protection.ts';
import { openRemote } from './main-repository.ts';
import { describe } from './report.ts';
import { findRunning, localAws } from './running.ts';

export interface VerifyOptions {
  readonly repository?: string;
  readonly branch: string;
  readonly deployment?: string;
  readonly bucket: string;
  readonly region?: string;
  readonly signedBy?: string;
  readonly output: 'text' | 'json';
}

/**
 * Prints in what the ledger and its copy differ, and what nothing protects. The process ends with 0 if there is nothing of either,
 * else with 1, and with 2 if that can't be told.
 */
export async function runVerify(options: VerifyOptions): Promise<void> {
  try {
    process.exitCode = (await verify(options)) === 0 ? 0 : 1;
  } catch (error) {
    console.error(describe(error, Boolean(process.env.DEBUG)));
    process.exitCode = 2;
  }
}

/** How many findings there are. */
async function verify(options: VerifyOptions): Promise<number> {
  const { client, repository, branch, deployment } = await target(options);
  const copies = s3Copies(client, options.bucket);
  const remote = openRemote(repository);
  const ref = ledgerRef(deployment, branch);
  const signed = await signedBy(options.signedBy, process.env.GITFERRY_SIGNING_KEY);
  const keeping = await copies.keeping();
  const { retention } = keeping;
  const tally: Tally = { commits: 0, copies: 0, notYet: 0, unlocked: 0, expired: 0 };
  const comparison: Comparison = { deployment, branch, remote, copies, ref, signed, retention, now: new Date() };
  let findings = 0;
  const show = (found: Finding): void => {
    findings += 1;
    console.log(options.output === 'json' ? printableJson(found) : lineOf(found));
  };
  for await (const found of compare(comparison, tally)) show(found);
  // The names are wrong, rather than all of it gone.
  if (tally.commits === 0 && tally.copies === 0)
    throw new Stalled(
      'BranchMissing',
      `There is neither a ledger ${ref.slice('refs/heads/'.length)} nor a copy of it.`,
      {
        hint: 'Nothing landed there yet, or the names of branch, deployment and bucket are others.',
      },
    );
  for (const found of unprotected(keeping)) show(found);
  console.log(
    options.output === 'json' ? printableJson({ ...tally, findings, retention }) : summaryOf(tally, keeping, findings),
  );
  return findings;
}

interface Target {
  readonly client: S3Client;
  readonly repository: string;
  readonly branch: string;
  readonly deployment: string;
}

async function target({ repository, branch, deployment, region }: VerifyOptions): Promise<Target> {
  if (repository !== undefined && deployment !== undefined) {
    const client = new S3Client({ followRegionRedirects: true, ...(region === undefined ? {} : { region }) });
    return { client, repository, branch, deployment };
  }
  const { endpoints, ...running } = await findRunning(process.cwd());
  const client = new S3Client({ ...localAws, endpoint: endpoints.s3, forcePathStyle: true });
  return { client, repository: endpoints.git, branch: running.branch, deployment: running.deployment };
}

/** By the public SSH keys in a file, as `allowed_signers` or `authorized_keys` have them; else by the private key at hand. */
async function signedBy(file: string | undefined, key: string | undefined): Promise<Comparison['signed']> {
  if (file === undefined) {
    const signer = key ? readSigningKey(key) : null;
    return signer === null ? null : (payload, signature) => signer.verifies(payload, signature);
  }
  const lines = (await readFile(file, 'utf8')).matchAll(/^(?!#).*?\b((?:ssh|ecdsa|sk-)[\w@.-]+) ([A-Za-z0-9+/]+=*)/gmu);
  const keys = [...lines].map(([, type, blob]) => `${type} ${blob}`);
  if (keys.length === 0)
    throw new Stalled('SigningKeyUnusable', `${file} holds no public SSH key.`, {
      hint: 'Write one a line, as in `ssh-ed25519 AAAA…`; for an OpenPGP key, set GITFERRY_SIGNING_KEY.',
    });
  return async (payload, signature) => verifies(payload, signature, keys);
}

function lineOf(found: Finding): string {
  return printable(`${found.finding.padEnd(15)} ${whatOf(found)}`);
}

function whatOf(found: Finding): string {
  switch (found.finding) {
    case 'missing':
      return `${found.commit}  of ${found.committed ?? 'no time'} has no copy`;
    case 'gone-from-git': {
      const by = found.signed === null ? '' : found.signed ? ', which the key signed' : ', which the key did not sign';
      return `${found.key}  the copy of a commit that the ledger no longer has${by}`;
    }
    case 'differs':
      return `${found.key}  ${found.why}`;
    case 'foreign':
      return `${found.key}  is no copy of gitferry’s`;
    case 'overwritten':
      return `${found.key}  has ${found.versions} versions; the first was compared`;
    case 'hidden':
      return `${found.key}  was deleted, which hides it`;
    case 'unlocked':
      return `${found.key}  ${lockOf(found)}`;
    case 'not-versioned':
      return 'the bucket keeps no versions: what is overwritten or deleted is lost';
    case 'not-locked': {
      const how = found.mode === null ? 'not at all' : `by ${found.mode} alone`;
      return `the bucket locks what is added ${how}: it can be deleted`;
    }
    case 'not-signed':
      return `${found.commit}  and all after it, ${found.commits} in all: the key did not sign them`;
    case 'ledger-missing':
      return 'the branch is gone';
  }
}

/** Why a copy can be deleted. */
function lockOf({ mode, until }: Extract<Finding, { finding: 'unlocked' }>): string {
  if (mode === null) return 'is not locked: it can be deleted';
  if (mode !== 'COMPLIANCE') return `is locked by ${mode} alone: it can be deleted`;
  return `was locked until ${until} alone, for less than the bucket locks what is added`;
}

function summaryOf({ commits, copies, notYet, expired }: Tally, keeping: Keeping, findings: number): string {
  const young = notYet === 0 ? '' : ` (${notYet} not copied yet)`;
  const old = expired === 0 ? '' : ` (${expired} no longer locked)`;
  const result = findings === 0 ? 'the same' : findings === 1 ? '1 finding' : `${findings} findings`;
  const rule = unprotected(keeping).length > 0 ? '' : `\nWhat is added is locked for ${keeping.retention?.days} days.`;
  return `${commits} commits${young}, ${copies} copies${old}: ${result}.${rule}`;
}
