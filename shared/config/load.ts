import { Stalled } from '../errors.ts';
import { type Credentials, loadCredentials } from './credentials.ts';

/** What a function is told by its environment. Names of secrets, not their values, where both are possible. */
export interface Environment {
  /** Names the ledger: `gitferry-ledger/<deployment>/<branch>`. */
  readonly deployment: string;
  /** The main repository's address, without credentials. */
  readonly repository: string;
  readonly branch: string;
  /** The url of the changes queue. */
  readonly changesQueue: string;
  /** The name of the event bus. */
  readonly bus: string;
  /** The id of a secret that holds `{"username", "password"}` or `{"token"}`. */
  readonly credentialsSecret: string | null;
  readonly credentials: Credentials | null;
  /** The id of a secret that holds the private key. */
  readonly signingKeySecret: string | null;
  /** The private key itself. */
  readonly signingKey: string | null;
}

type Variables = Readonly<Record<string, string | undefined>>;

const hints: Readonly<Record<string, string>> = {
  GITFERRY_DEPLOYMENT: 'the name of this deployment',
  GITFERRY_REPOSITORY: 'the https address of the main repository',
  GITFERRY_CHANGES_QUEUE: 'the url of the changes queue',
  GITFERRY_BUS: 'the name of the event bus',
};

/**
 * Reads the environment; nothing below this file does.
 * @throws Stalled EnvironmentIncomplete naming all that is missing; EnvironmentInvalid.
 */
export function loadEnvironment(env: Variables): Environment {
  const missing = Object.keys(hints).filter((name) => !env[name]);
  if (missing.length > 0)
    throw new Stalled('EnvironmentIncomplete', `The environment lacks ${missing.join(', ')}.`, {
      hint: `Set ${missing.map((name) => `${name} to ${hints[name]}`).join('; ')}.`,
      facts: { missing },
    });
  const value = (name: string): string => env[name] ?? '';
  return {
    deployment: refName('GITFERRY_DEPLOYMENT', value('GITFERRY_DEPLOYMENT')),
    repository: repositoryAddress(value('GITFERRY_REPOSITORY')),
    branch: refName('GITFERRY_BRANCH', env.GITFERRY_BRANCH || 'main'),
    changesQueue: value('GITFERRY_CHANGES_QUEUE'),
    bus: value('GITFERRY_BUS'),
    credentialsSecret: env.GITFERRY_GIT_SECRET || null,
    credentials: loadCredentials(env),
    signingKeySecret: env.GITFERRY_SIGNING_SECRET || null,
    signingKey: env.GITFERRY_SIGNING_KEY || null,
  };
}

function invalid(name: string, sentence: string, hint: string): Stalled {
  return new Stalled('EnvironmentInvalid', `${name} ${sentence}`, { hint, facts: { name } });
}

/** Part of a ref's name (`git check-ref-format`): it must not lead out of `gitferry-ledger/`. */
function refName(name: string, value: string): string {
  const good =
    /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/u.test(value) &&
    !/\.\.|\/\/|\/\.|\.$|\/$|\.lock(?:\/|$)/u.test(value) &&
    value.length <= 200;
  if (!good) throw invalid(name, 'is no part of a ref name.', 'Use letters, digits, dots, hyphens and slashes.');
  return value;
}

/** Plain http is for the loopback interface alone. Never repeats the value: it may hold a password. */
function repositoryAddress(value: string): string {
  const name = 'GITFERRY_REPOSITORY';
  const url = URL.parse(value);
  const local = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost' || url?.hostname === '[::1]';
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && local)))
    throw invalid(name, 'is no https address.', 'Give the address that git clone takes, starting with https://.');
  if (url.username !== '' || url.password !== '')
    throw invalid(name, 'holds credentials.', 'Take them out of the address and put them into GITFERRY_GIT_SECRET.');
  return value;
}
