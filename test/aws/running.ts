import { EventEmitter, once } from 'node:events';
import { basename, join } from 'node:path';
import { paginateListEventSourceMappings, paginateListFunctions } from '@aws-sdk/client-lambda';
import type { SQSBatchResponse } from 'aws-lambda';
import { serveFunction } from '../../infra/local/function-url.ts';
import { Poller } from '../../infra/local/poller.ts';
import { Queues } from '../../infra/local/queues.ts';
import { type Place, STACK } from './deployment.ts';
import { type FunctionSettings, type Lambda, startLambda } from './lambda.ts';
import { ofType } from './template.ts';

/** What a function made of one event. */
export interface Invoked {
  readonly event: unknown;
  /** What it returned. */
  readonly answer: unknown;
}

/** Functions of a deployment, each loaded as Lambda loads it, and called by what arrives in their queues. */
export interface Running extends AsyncDisposable {
  readonly lambdas: ReadonlyMap<string, Lambda>;
  /** What the function makes of the next event that it is given from now on; rejects when any function throws. */
  next(name: string): Promise<Invoked>;
  /** Asks until the answer is yes, now and after each event that the function has handled. */
  until(name: string, question: () => Promise<boolean>): Promise<void>;
  /** Is told of each event of which the function reports messages as failed, which else is an error, until it is disposed of. */
  onFailures(name: string, told: (event: unknown) => Promise<void>): Disposable;
  /** Calls it as a schedule or a rule does. */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** An address on this machine that calls the function as its own does. */
  address(name: string): Promise<string>;
}

/** Milliseconds within which what was sent reaches its function. */
const PATIENCE = 90_000;

/** What was deployed, with every name of a resource in the environment filled in. */
async function functionsOf({ aws, checkout }: Place): Promise<readonly FunctionSettings[]> {
  const code = ofType(await checkout.template(), 'AWS::Lambda::Function').map(
    ([, { Properties }]) => Properties as { FunctionName: string; Code: { S3Key: string } },
  );
  const pages = await Array.fromAsync(paginateListFunctions({ client: aws.lambda }, {}));
  return pages
    .flatMap(({ Functions = [] }) => Functions)
    .map(({ FunctionName = '', FunctionArn = '', Handler = '', Environment, Timeout = 0, MemorySize = 0 }) => {
      const key = code.find((one) => one.FunctionName === FunctionName)?.Code.S3Key;
      if (key === undefined) throw new Error(`The template has no function ${FunctionName}.`);
      return {
        name: FunctionName.slice(STACK.length + 1),
        arn: FunctionArn,
        handler: Handler,
        zip: join(checkout.root, '.serverless', basename(key)),
        environment: Environment?.Variables ?? {},
        timeout: Timeout,
        memory: MemorySize,
      };
    });
}

/** Loads these functions, or all, and reads their queues as Lambda does. */
export async function startFunctions(place: Place, names?: readonly string[]): Promise<Running> {
  await using started = new AsyncDisposableStack();
  const settings = (await functionsOf(place)).filter(({ name }) => names?.includes(name) ?? true);
  const lambdas = new Map<string, Lambda>();
  for (const one of settings) {
    const lambda = await startLambda(one, join(place.folder, 'functions'), place.environment);
    started.defer(() => lambda.stop());
    lambdas.set(one.name, lambda);
  }

  const heard = new EventEmitter();
  const expected = new Map<string, (event: unknown) => Promise<void>>();
  const invoke = async (name: string, event: unknown): Promise<unknown> => {
    const lambda = lambdas.get(name);
    if (lambda === undefined) throw new Error(`${name} is not running.`);
    try {
      const answer = await lambda.invoke(event);
      const { batchItemFailures = [] } = (answer ?? {}) as Partial<SQSBatchResponse>;
      const told = expected.get(name);
      if (batchItemFailures.length > 0 && told === undefined)
        throw new Error(`It reported ${batchItemFailures.length} messages as failed.`);
      if (batchItemFailures.length > 0) await told?.(event);
      heard.emit(name, { event, answer });
      return answer;
    } catch (error) {
      heard.emit('error', new Error(`${name} failed.\n${await lambda.log()}`, { cause: error }));
      throw error;
    }
  };
  heard.on('error', () => {});

  const queues = new Queues(place.moto.url);
  started.defer(() => queues.close());
  const mappings = await Array.fromAsync(paginateListEventSourceMappings({ client: place.aws.lambda }, {}));
  for (const mapping of mappings.flatMap(({ EventSourceMappings = [] }) => EventSourceMappings)) {
    const found = settings.find(({ arn }) => arn === mapping.FunctionArn);
    if (found === undefined) continue;
    const source = {
      queueArn: mapping.EventSourceArn ?? '',
      batchSize: mapping.BatchSize ?? 1,
      reportsFailures: mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
      concurrency: mapping.ScalingConfig?.MaximumConcurrency ?? 1,
    };
    const poller = new Poller(
      source,
      queues,
      (event) => invoke(found.name, event),
      () => {},
    );
    started.defer(() => poller.stop());
  }

  const next: Running['next'] = (name) => {
    const invoked = once(heard, name, { signal: AbortSignal.timeout(PATIENCE) }).then(([one]) => one as Invoked);
    // A test that fails before it asks has its own reason.
    invoked.catch(() => {});
    return invoked;
  };
  const running = started.move();
  return {
    lambdas,
    invoke,
    next,
    onFailures(name, told) {
      expected.set(name, told);
      return { [Symbol.dispose]: () => expected.delete(name) };
    },
    async until(name, question) {
      for (;;) {
        const invoked = next(name);
        if (await question()) return;
        await invoked;
      }
    },
    async address(name) {
      const served = await serveFunction(
        (event) => invoke(name, event),
        () => {},
      );
      running.defer(() => served.close());
      return served.url;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
