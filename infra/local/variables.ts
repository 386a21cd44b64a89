import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseTemplate } from './template.ts';

/** What the variables of `serverless.yml` stand for in this run. */
export interface Variables {
  /** `${sls:stage}` */
  readonly stage: string;
  /** `${param:name}` */
  readonly parameters: Readonly<Record<string, string>>;
}

const FILE = /^\$\{file\(\.\/([^)]+)\)(?::(\w+))?\}$/u;
const require = createRequire(import.meta.url);

/**
 * Reads `serverless.yml` with the files it names, and replaces its variables: `${file(./a.yml)}`, `${file(./a.cjs):name}`
 * (a value, or a function of `{ resolveVariable }`), `${param:name}` (this run's, else the default of the file), `${sls:stage}`. Names in `Fn::Sub` stay. Throws on others.
 */
export async function readService(root: string, variables: Variables): Promise<Record<string, unknown>> {
  const service = parseTemplate(await readFile(join(root, 'serverless.yml'), 'utf8')) as Record<string, unknown>;
  const { default: defaults = {} } = (service.params ?? {}) as { default?: Record<string, string> };
  const parameters = { ...defaults, ...variables.parameters };

  const expand = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') {
      const [, path, name] = FILE.exec(value) ?? [];
      return path === undefined ? text(value) : expand(await file(path, name));
    }
    if (Array.isArray(value)) return Promise.all(value.map(expand));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([key, inner]) => [key, await expand(inner)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };

  const file = async (path: string, name: string | undefined): Promise<unknown> => {
    if (name === undefined) return parseTemplate(await readFile(join(root, path), 'utf8'));
    const exported = (require(join(root, path)) as Record<string, unknown>)[name];
    if (typeof exported !== 'function') return exported;
    return exported({ resolveVariable: async (variable: string) => text(`\${${variable}}`) });
  };

  const text = (value: string): string =>
    value.replace(/\$\{(\w+:(?!:)[^}]*)\}/gu, (whole, variable: string) => {
      if (variable === 'sls:stage') return variables.stage;
      const parameter = variable.startsWith('param:') ? parameters[variable.slice('param:'.length)] : undefined;
      if (parameter === undefined) throw new Error(`serverless.yml: the embedded run does not know ${whole}.`);
      // A default may itself name a variable.
      return text(parameter);
    });

  return (await expand(service)) as Record<string, unknown>;
}
