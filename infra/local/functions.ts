import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { bundlesOf } from './bundles.ts';
import type { FunctionDefinition } from './definitions.ts';
import { busEvent } from './event-bus.ts';
import { FunctionProcesses } from './function-process.ts';
import type { Happening } from './happening.ts';

export interface FunctionsOptions {
  /** Where the handlers stand. */
  readonly root: string;
  /** Where bundles and logs go. */
  readonly folder: string;
  /** Added to what the definitions say. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same for single functions, by their names. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly observe: (happening: Happening) => void;
  /** Milliseconds before an event is given to a function again that failed; as Lambda does it, unless a test says so. */
  readonly retries?: readonly number[];
}

/** Lambda tries twice more what nobody waits for. */
const RETRIES = [60_000, 120_000];

/** Where the packages stand that functions are bundled with. */
const INSTALLED = join(import.meta.dirname, '../..');

/** The lines of JSON by which a function says what the run tells of: nothing to do for a source, images that came, who was nudged. */
const Said = z
  .string()
  .startsWith('{')
  .transform((line, context): unknown => {
    try {
      return JSON.parse(line);
    } catch {
      context.addIssue('no JSON');
      return z.NEVER;
    }
  })
  .pipe(
    z.discriminatedUnion('message', [
      z
        .object({ message: z.literal('nothing to do'), source: z.string(), why: z.string() })
        .transform(({ source, why }): Happening => ({ kind: 'nothing', source, why })),
      z
        .object({ message: z.literal('accepted'), changes: z.array(z.string()) })
        .transform(({ changes: images }): Happening => ({ kind: 'pushed', images })),
      z
        .object({ message: z.literal('nudged'), unit: z.string(), release: z.string(), cluster: z.string() })
        .transform(({ unit, release, cluster }): Happening => ({ kind: 'nudged', unit, release, cluster })),
    ]),
  );

interface Running {
  readonly definition: FunctionDefinition;
  readonly processes: FunctionProcesses;
}

/** The deployed functions, bundled as they are deployed, in processes of this machine. */
export class Functions {
  readonly #functions: ReadonlyMap<string, Running>;
  readonly #observe: FunctionsOptions['observe'];
  readonly #retries: readonly number[];
  readonly #waiting = new Set<NodeJS.Timeout>();

  private constructor(functions: readonly Running[], { observe, retries = RETRIES }: FunctionsOptions) {
    this.#retries = retries;
    this.#functions = new Map(functions.map((one) => [one.definition.arn, one]));
    this.#observe = observe;
  }

  /** Throws when one can't be bundled. */
  static async start(definitions: readonly FunctionDefinition[], options: FunctionsOptions): Promise<Functions> {
    const { root, folder, environment, environments = {}, observe } = options;
    await mkdir(folder, { recursive: true });
    const entries = definitions.map(({ file }) => join(root, `${file}.ts`));
    const files = await bundlesOf(INSTALLED, entries, join(INSTALLED, 'node_modules/.cache/gitferry-functions'));
    const functions = definitions.map((definition, at) => {
      const settings = {
        ...definition,
        file: files[at] ?? '',
        environment: { ...definition.environment, ...environment, ...environments[definition.name] },
        log: join(folder, `${definition.name}.log`),
        printed: (line: string): void => {
          const { success, data } = Said.safeParse(line);
          if (success) observe(data);
        },
      };
      return { definition, processes: new FunctionProcesses(settings) };
    });
    return new Functions(functions, options);
  }

  has(arn: string): boolean {
    return this.#functions.has(arn);
  }

  /** Whether an invocation is under way. */
  get busy(): boolean {
    return [...this.#functions.values()].some(({ processes }) => processes.running > 0);
  }

  /** What the handler returned; throws when it did, or did not answer. */
  async invoke(arn: string, event: unknown): Promise<unknown> {
    const { definition, processes } = this.#get(arn);
    const begun = performance.now();
    const answer = await processes.invoke(event);
    this.#observe({ kind: 'invoked', name: definition.name, milliseconds: performance.now() - begun });
    return answer;
  }

  /** As events and schedules invoke: nobody waits for an answer, and what fails is tried again later. */
  async trigger(arn: string, event: unknown, attempt = 0): Promise<void> {
    try {
      await this.invoke(arn, event);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#observe({ kind: 'failed', name: this.#get(arn).definition.name, messages: 0, why });
      const pause = this.#retries[attempt];
      if (pause === undefined) return;
      const timer = setTimeout(() => {
        this.#waiting.delete(timer);
        void this.trigger(arn, event, attempt + 1);
      }, pause);
      this.#waiting.add(timer);
    }
  }

  /** As a rule with a schedule does. */
  async runScheduled(arn: string): Promise<void> {
    await this.trigger(arn, busEvent({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }));
  }

  async stop(): Promise<void> {
    for (const timer of this.#waiting) clearTimeout(timer);
    await Promise.all([...this.#functions.values()].map(({ processes }) => processes.stop()));
  }

  #get(arn: string): Running {
    const found = this.#functions.get(arn);
    if (found === undefined) throw new Error(`There is no function ${arn}.`);
    return found;
  }
}
