import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseTemplate } from './template.ts';

/** What a deployment is told in this run. */
export interface Variables {
  readonly stage: string;
  /** As `--param="name=value"`, see infra/parameters.yml; serverless.params.yml is for the cloud. */
  readonly parameters: Readonly<Record<string, string>>;
  /** A file like serverless.params.yml, which itself is for the cloud; null for none. */
  readonly paramFile?: string | null;
}

const FILE = /^\$\{file\(\.\/([^)]+)\):([\w.-]+)\}$/u;
const require = createRequire(import.meta.url);

/** What is wrong with what the deployment is told, a sentence each. */
export async function faultsOf({ stage, parameters, paramFile = null }: Variables): Promise<readonly string[]> {
  const { tellingOf } = require('../deployment.cjs') as {
    tellingOf: (about: object) => Promise<{ readonly faults: readonly string[] }>;
  };
  const param = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return (await tellingOf({ options: { stage, param, paramFile } })).faults;
}

/**
 * Reads `serverless.yml` with what the files it names give: `${file(./a.cjs):name}`, a value or a function of
 * `serverless`. Throws on every other variable.
 */
export async function readService(
  root: string,
  { stage, parameters, paramFile = null }: Variables,
): Promise<Record<string, unknown>> {
  const param = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const options = { stage, param, paramFile };

  const expand = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return Promise.all(value.map(expand));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([key, inner]) => [key, await expand(inner)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };

  const text = async (value: string): Promise<unknown> => {
    const [whole, path, name] = FILE.exec(value) ?? [];
    if (whole !== undefined) return file(path ?? '', name ?? '');
    const unknown = /\$\{\w+:(?!:)[^}]*\}/u.exec(value);
    if (unknown !== null) throw new Error(`serverless.yml: the embedded run does not know ${unknown[0]}.`);
    return value;
  };

  const file = async (path: string, name: string): Promise<unknown> => {
    let exported = require(join(root, path)) as unknown;
    for (const key of name.split('.')) exported = (exported as Record<string, unknown> | undefined)?.[key];
    if (exported === undefined) throw new Error(`serverless.yml: ${path} has no ${name}.`);
    return typeof exported === 'function' ? exported({ options }) : exported;
  };

  return (await expand(parseTemplate(await readFile(join(root, 'serverless.yml'), 'utf8')))) as Record<string, unknown>;
}
