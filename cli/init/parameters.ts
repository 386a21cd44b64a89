import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { loadPlace } from '../../shared/config/load.ts';
import { FerryError } from '../../shared/errors.ts';

/** What the deployment says of one of its parameters. */
interface Parameter {
  readonly default?: string;
  readonly description: string;
  readonly pattern?: string;
  readonly example?: string;
  /** Whether it is several, with commas between, of which the pattern is that of one. */
  readonly list?: boolean;
  /** Whether it is the name of a secret. */
  readonly secret?: boolean;
}

// Two folders up from here, and from the bundle in dist/cli too.
const FILE = new URL('../../infra/parameters.yml', import.meta.url);

/** Without slashes at its ends; nothing in it stands for several in a role. */
const SECRET = /^[\w+=.@-](?:[\w/+=.@-]{0,498}[\w+=.@-])?$/u;
/** So short that the names of roles, which end with it, the function and the region, have room. */
const STAGE = /^[A-Za-z][A-Za-z0-9-]{0,19}$/u;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/u;

let known: ReadonlyMap<string, Parameter> | undefined;

function all(): ReadonlyMap<string, Parameter> {
  known ??= new Map(Object.entries(parse(readFileSync(FILE, 'utf8')) as Readonly<Record<string, Parameter>>));
  return known;
}

/** Whether `npx serverless deploy` takes a parameter of this name. */
export function isParameter(name: string): boolean {
  return all().has(name);
}

/** What `npx serverless deploy` takes by this name. @throws Error when it takes nothing so called: a fault of ours. */
export function parameter(name: string): Parameter {
  const found = all().get(name);
  if (found === undefined) throw new Error(`The deployment has no parameter ${name}.`);
  return found;
}

/** What is wrong with a value as the deployment and its functions would find it, in a sentence; null for nothing. */
export function faultOf(name: string, value: string): string | null {
  if (name === 'stage') return stageFault(value);
  if (name === 'region') return REGION.test(value) ? null : 'This is no region of AWS, such as eu-west-1.';
  const { default: initial, pattern = '', secret = false, list = false, example, description } = parameter(name);
  if (value === '') return initial === '' ? null : 'This is needed.';
  const fault = runTimeFault(name, value);
  if (fault !== null) return fault;
  const shape = secret ? SECRET : new RegExp(pattern, 'u');
  const parts = list ? value.split(',').map((part) => part.trim()) : [value];
  if (parts.every((part) => shape.test(part))) return null;
  if (secret) return 'This is no name of a secret: letters, digits and _+=.@- are in it, and slashes between.';
  // Its links lead nowhere from a terminal.
  const words = description.replaceAll(/\[([^\]]+)\]\([^)]+\)/gu, '$1');
  return `This does not fit: ${example === undefined ? words : `it is written like ${example}`}.`;
}

function stageFault(value: string): string | null {
  if (value === 'default') return 'This stands for all stages in serverless.params.yml: take another.';
  return STAGE.test(value) ? null : 'A stage is a letter, then up to 19 letters, digits and hyphens.';
}

/** What the functions would refuse when they start. */
function runTimeFault(name: string, value: string): string | null {
  const place = { GITFERRY_DEPLOYMENT: 'stage', GITFERRY_REPOSITORY: 'https://example.org/repository' };
  try {
    if (name === 'repository') loadPlace({ ...place, GITFERRY_REPOSITORY: value });
    if (name === 'branch') loadPlace({ ...place, GITFERRY_BRANCH: value });
    return null;
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    return error.message.replace(/^GITFERRY_\w+/u, 'This');
  }
}
