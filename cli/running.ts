import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { Stalled } from '../shared/errors.ts';

const running = z.object({
  /** `git` is what `git clone` takes. */
  endpoints: z.object({ s3: z.url(), sqs: z.url(), events: z.url(), git: z.url(), registry: z.url().nullish() }),
  bucket: z.string(),
  /** The url of the changes queue. */
  queue: z.url(),
  branch: z.string(),
  deployment: z.string(),
  pid: z.int().positive(),
});

/** The stack that `npm start` runs, as it describes itself in `.gitferry/run.json`. */
export type Running = z.output<typeof running>;

/** Finds the stack that runs in a folder or in one around it. @throws Stalled NotRunning. */
export async function findRunning(folder: string): Promise<Running> {
  for (let around = folder; ; around = dirname(around)) {
    const text = await readFile(join(around, '.gitferry', 'run.json'), 'utf8').catch(() => null);
    const found = text === null ? null : parse(text);
    if (found !== null && isAlive(found.pid)) return found;
    if (found !== null || around === dirname(around)) break;
  }
  throw new Stalled('NotRunning', `No gitferry runs in ${folder}.`, {
    hint: 'Run "npm start" in another terminal, or name a deployed one by the command’s options.',
  });
}

function parse(text: string): Running | null {
  try {
    return running.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** How the AWS clients speak to the stack that runs here; it asks for no real credentials. */
export const localAws = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};
