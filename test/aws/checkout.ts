import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Template } from './template.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

/** All that is deployed, and what names its versions. */
const PARTS = ['serverless.yml', 'package.json', 'package-lock.json', 'tsconfig.json', 'infra', 'functions', 'shared'];

/** Parameters as `serverless.params.yml` holds them, of any stage. */
export type Parameters = Readonly<Record<string, unknown>>;

/** A copy of the checkout, to run `serverless` in. */
export interface Checkout extends AsyncDisposable {
  readonly root: string;
  /** Runs `serverless`; answers all that it said. Throws with that when it fails. */
  serverless(...args: readonly string[]): Promise<string>;
  /** What `package` or `deploy` made last. */
  template(): Promise<Template>;
}

export interface CheckoutOptions {
  readonly parameters?: Parameters;
  /** What `serverless` sees of the environment, beside what this process does. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Said once a run, and asked of someone, or sent: none of it belongs into a test. */
const QUIET = {
  SLS_TELEMETRY_DISABLED: '1',
  SLS_NOTIFICATIONS_MODE: 'off',
  SLS_AWS_MONITORING_FREQUENCY: '100',
  CI: '1',
};

export async function checkOut({ parameters, environment = {} }: CheckoutOptions = {}): Promise<Checkout> {
  const root = await mkdtemp(join(tmpdir(), 'gitferry-checkout-'));
  for (const part of PARTS) await cp(join(ROOT, part), join(root, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  // JSON is YAML.
  if (parameters !== undefined)
    await writeFile(join(root, 'serverless.params.yml'), JSON.stringify({ default: parameters }));
  const packaged = join(root, '.serverless');
  return {
    root,
    async serverless(...args) {
      const program = join(ROOT, 'node_modules/.bin/serverless');
      const env = { ...process.env, ...QUIET, ...environment };
      const answer = await execute(program, args, { cwd: root, env, maxBuffer: 2 ** 26 }).catch((error) => {
        throw new Error(`serverless ${args[0]} failed:\n${error.stdout}${error.stderr}`);
      });
      return answer.stdout + answer.stderr;
    },
    template: async () =>
      JSON.parse(await readFile(join(packaged, 'cloudformation-template-update-stack.json'), 'utf8')),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
