import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { redact } from '../redact.ts';
import { functionLog } from './log.ts';
import { cloudWatchMeter, NO_METER } from './metrics.ts';
import { flushSpans, root, span } from './spans.ts';
import type { Log, Telemetry } from './telemetry.ts';

/** What a handler tells of itself by. */
export interface Observed {
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Milliseconds left to the invocation under way. */
  readonly remaining: () => number;
  /** The function's handler: every line of an invocation names it; what was measured is written at its end, whatever that is. */
  handle<Event, Result>(work: (event: Event) => Promise<Result>): (event: Event, about: Context) => Promise<Result>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Logs, metrics and traces of the function that does `service`. Metrics are written where Lambda runs it alone. */
export function observe(service: string, environment: Environment): Observed {
  const deployment = environment.GITFERRY_DEPLOYMENT || 'unknown';
  const { log, begin } = functionLog(service, deployment);
  const meter = environment.AWS_LAMBDA_FUNCTION_NAME ? cloudWatchMeter(service, deployment) : NO_METER;
  let remaining = (): number => 0;

  const end = async (): Promise<void> => {
    meter.flush();
    await flushSpans();
  };
  const observing: MiddlewareObj = {
    before({ context }) {
      remaining = () => context.getRemainingTimeInMillis();
      begin(context);
      meter.begin();
    },
    after: end,
    async onError({ error }) {
      log('failed', { error });
      censor(error);
      await end();
    },
  };
  const attributesOf = ({ awsRequestId }: Context) => ({
    'faas.invocation_id': awsRequestId,
    'gitferry.deployment': deployment,
  });

  return {
    log,
    telemetry: { measure: meter.measure, span },
    remaining: () => remaining(),
    handle<Event, Result>(work: (event: Event) => Promise<Result>) {
      const handler = middy<Event>()
        .use(observing)
        .handler((event: Event, about: Context) =>
          root(service, attributesOf(about), headersOf(event, environment), () => work(event)),
        );
      return handler as unknown as (event: Event, about: Context) => Promise<Result>;
    },
  };
}

/** Lambda writes what is thrown into the log by itself: without what others wrote into it that must stay secret. */
function censor(error: unknown): void {
  if (!(error instanceof Error)) return;
  error.message = redact(error.message, []);
  if (error.stack !== undefined) error.stack = redact(error.stack, []);
}

/** The trace of each message of a batch; else that of the invocation, which Lambda puts into the environment anew each time. */
function headersOf(event: unknown, { _X_AMZN_TRACE_ID: own }: Environment): readonly string[] {
  const { Records: records } = (event ?? {}) as { Records?: unknown };
  const headers = (Array.isArray(records) ? records : []).map((record) => record?.attributes?.AWSTraceHeader);
  const told = headers.filter((header) => typeof header === 'string');
  return told.length > 0 ? told : own === undefined ? [] : [own];
}
