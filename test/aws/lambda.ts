import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { start } from '../cluster/process.ts';
import { awsParts } from './parts.ts';
import { RuntimeApi } from './runtime-api.ts';

const execute = promisify(execFile);

/** A function as its template describes it. */
export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** `functions/mirror/handler.handler` */
  readonly handler: string;
  /** The zip that is deployed. */
  readonly zip: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeout: number;
  /** MiB. */
  readonly memory: number;
}

/** A function, loaded and ready. */
export interface Lambda {
  readonly name: string;
  /** What the handler returned, one event at a time. Throws with what it threw. */
  invoke(event: unknown): Promise<unknown>;
  /** All that it printed. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Runs a function as Lambda does: its zip unpacked, its handler loaded by AWS' own runtime client on the Node of this tier, and
 * nothing in its environment but what the template and Lambda itself put there, and `more`. Rejects when it can't be loaded.
 */
export async function startLambda(
  settings: FunctionSettings,
  folder: string,
  more: Readonly<Record<string, string>>,
): Promise<Lambda> {
  const { name, arn, handler, zip, environment, timeout, memory } = settings;
  const { runtimeClient } = await awsParts();
  const task = join(folder, name, 'task');
  await mkdir(task, { recursive: true });
  await execute('unzip', ['-q', zip, '-d', task]);
  const api = await RuntimeApi.start({ arn, timeout });
  const variables = {
    ...environment,
    _HANDLER: handler,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_RUNTIME_API: api.address,
    LAMBDA_TASK_ROOT: task,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    ...more,
  };
  const running = await start({
    name,
    // Nothing of this process' own environment.
    program: 'env',
    args: [
      '-i',
      ...Object.entries(variables).map(([key, value]) => `${key}=${value}`),
      ...[process.execPath, `--max-old-space-size=${Math.floor(memory * 0.9)}`, runtimeClient],
    ],
    logs: join(folder, name),
  });
  // It ends by itself once its handler could not be loaded, and has told why.
  running.ended.catch((error: Error) => api.fail(error));
  const lambda = {
    name,
    invoke: (event: unknown) => api.invoke(event),
    log: () => readFile(join(folder, name, `${name}.log`), 'utf8'),
    async stop() {
      await running.stop();
      await api.close();
    },
  };
  try {
    await api.loaded;
  } catch (error) {
    await lambda.stop();
    throw error;
  }
  return lambda;
}
