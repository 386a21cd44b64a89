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
  /** The id of a secret that holds `{"<registry host>": {"username", "password"} | {"token"}}`. */
  readonly registriesSecret: string | null;
  /** That itself. */
  readonly registries: string | null;
  /** Registries inside a network that may be asked, each `host` or `host:port`. */
  readonly privateRegistries: readonly string[];
}

export type Variables = Readonly<Record<string, string | undefined>>;

const hints: Readonly<Record<string, string>> = {
  GITFERRY_DEPLOYMENT: 'the name of this deployment',
  GITFERRY_REPOSITORY: 'the https address of the main repository',
  GITFERRY_CHANGES_QUEUE: 'the url of the changes queue',
  GITFERRY_CHANGES_QUEUES: 'the urls of the changes queues',
  GITFERRY_LOOKS_QUEUES: 'the urls of the looks queues',
  GITFERRY_BUS: 'the name of the event bus',
  GITFERRY_LOOKS_QUEUE: 'the url of the looks queue',
  GITFERRY_TABLE: 'the name of the table',
  GITFERRY_LEDGER_BUCKET: 'the bucket that records of the ledger are copied to',
  GITFERRY_NOTICES_QUEUE: 'the url of the notices queue',
  GITFERRY_WEBHOOK_SECRET: 'the id of the secret that holds those of the webhooks',
};

/**
 * Reads the environment; nothing below this file does.
 * @throws Stalled EnvironmentIncomplete naming all that is missing; EnvironmentInvalid.
 */
export function loadEnvironment(env: Variables): Environment {
  demand(env, ['GITFERRY_DEPLOYMENT', 'GITFERRY_REPOSITORY', 'GITFERRY_CHANGES_QUEUE', 'GITFERRY_BUS']);
  return {
    ...loadPlace(env),
    changesQueue: env.GITFERRY_CHANGES_QUEUE ?? '',
    bus: env.GITFERRY_BUS ?? '',
    credentialsSecret: env.GITFERRY_GIT_SECRET || null,
    credentials: loadCredentials(env),
    signingKeySecret: env.GITFERRY_SIGNING_SECRET || null,
    signingKey: env.GITFERRY_SIGNING_KEY || null,
    ...loadRegistries(env),
  };
}

/** Which repository a deployment serves. @throws Stalled EnvironmentIncomplete, EnvironmentInvalid. */
export function loadPlace(env: Variables): Pick<Environment, 'deployment' | 'repository' | 'branch'> {
  demand(env, ['GITFERRY_DEPLOYMENT', 'GITFERRY_REPOSITORY']);
  return {
    deployment: refName('GITFERRY_DEPLOYMENT', env.GITFERRY_DEPLOYMENT ?? ''),
    repository: repositoryAddress(env.GITFERRY_REPOSITORY ?? ''),
    branch: refName('GITFERRY_BRANCH', env.GITFERRY_BRANCH || 'main'),
  };
}

/** How registries are asked. @throws Stalled EnvironmentInvalid. */
export function loadRegistries(
  env: Variables,
): Pick<Environment, 'registriesSecret' | 'registries' | 'privateRegistries'> {
  return {
    registriesSecret: env.GITFERRY_REGISTRY_SECRET || null,
    registries: env.GITFERRY_REGISTRY_CREDENTIALS || null,
    privateRegistries: hosts('GITFERRY_PRIVATE_REGISTRIES', env.GITFERRY_PRIVATE_REGISTRIES ?? ''),
  };
}

/** What `receive` is told: nothing of the repository. */
export interface ReceiveEnvironment {
  /** The urls of the changes queues, one a main repository. */
  readonly changesQueues: readonly string[];
  /** The urls of the looks queues. */
  readonly looksQueues: readonly string[];
  /** The id of a secret that holds `{"<door>": "<secret>" | ["<new>", "<old>"]}`. */
  readonly webhookSecret: string | null;
  /** That itself. */
  readonly webhookSecrets: string | null;
}

/** @throws Stalled EnvironmentIncomplete, also when it holds no secrets at all. */
export function loadReceiveEnvironment(env: Variables): ReceiveEnvironment {
  const webhookSecrets = env.GITFERRY_WEBHOOK_SECRETS || null;
  demand(env, [
    ...['GITFERRY_CHANGES_QUEUES', 'GITFERRY_LOOKS_QUEUES'],
    ...(webhookSecrets === null ? ['GITFERRY_WEBHOOK_SECRET'] : []),
  ]);
  return {
    changesQueues: urls(env.GITFERRY_CHANGES_QUEUES ?? ''),
    looksQueues: urls(env.GITFERRY_LOOKS_QUEUES ?? ''),
    webhookSecret: env.GITFERRY_WEBHOOK_SECRET || null,
    webhookSecrets,
  };
}

/** A list with spaces between. */
function urls(value: string): readonly string[] {
  return value.split(' ').filter((url) => url !== '');
}

/** @throws Stalled EnvironmentIncomplete naming all of these that are not set. */
export function demand(env: Variables, names: readonly string[]): void {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0)
    throw new Stalled('EnvironmentIncomplete', `The environment lacks ${missing.join(', ')}.`, {
      hint: `Set ${missing.map((name) => `${name} to ${hints[name]}`).join('; ')}.`,
      facts: { missing },
    });
}

/** That a variable is not what it should be; its value is not repeated. */
export function invalid(name: string, sentence: string, hint: string): Stalled {
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

/** A list with commas between. */
function hosts(name: string, value: string): readonly string[] {
  const entries = value.split(',').map((entry) => entry.trim());
  if (value.trim() === '') return [];
  const host = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/iu;
  if (!entries.every((entry) => host.test(entry)))
    throw invalid(name, 'is no list of hosts.', 'Write `host` or `host:port`, with commas between them.');
  return entries;
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
