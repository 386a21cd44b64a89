import { loadCredentials } from './credentials.ts';
import { demand, type Environment, loadPlace, type Variables } from './load.ts';

/** What `archive` is told: of the repository no more than to read it. */
export interface ArchiveEnvironment
  extends Pick<Environment, 'deployment' | 'repository' | 'branch' | 'bus' | 'credentialsSecret' | 'credentials'> {
  /** The bucket that the records of the ledger are copied to. */
  readonly ledgerBucket: string;
  /** The name of the table of small state. */
  readonly table: string;
}

/** @throws Stalled EnvironmentIncomplete naming all that is missing; EnvironmentInvalid. */
export function loadArchiveEnvironment(env: Variables): ArchiveEnvironment {
  demand(env, [
    'GITFERRY_DEPLOYMENT',
    'GITFERRY_REPOSITORY',
    'GITFERRY_BUS',
    'GITFERRY_LEDGER_BUCKET',
    'GITFERRY_TABLE',
  ]);
  return {
    ...loadPlace(env),
    bus: env.GITFERRY_BUS ?? '',
    credentialsSecret: env.GITFERRY_GIT_SECRET || null,
    credentials: loadCredentials(env),
    ledgerBucket: env.GITFERRY_LEDGER_BUCKET ?? '',
    table: env.GITFERRY_TABLE ?? '',
  };
}
