import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { FerryError } from '../errors.ts';
import { redact } from '../redact.ts';
import type { Log } from './telemetry.ts';

type Unformatted = Parameters<LogFormatter['formatAttributes']>[0];
type More = Parameters<LogFormatter['formatAttributes']>[1];

/** Texts from outside are as long as their authors like; CloudWatch cuts a line at a megabyte. */
const LONGEST = 8192;

/** What is said first is what people look for; what Lambda says of itself stands at the end. */
class Line extends LogFormatter {
  formatAttributes({ timestamp, logLevel, serviceName, message, lambdaContext, xRayTraceId }: Unformatted, more: More) {
    const { deployment, ...facts } = more;
    return new LogItem({
      attributes: {
        timestamp: timestamp.toISOString(),
        level: logLevel,
        service: serviceName,
        deployment,
        message,
        ...facts,
        function_name: lambdaContext?.functionName,
        function_request_id: lambdaContext?.awsRequestId,
        cold_start: lambdaContext?.coldStart,
        xray_trace_id: xRayTraceId,
      },
    });
  }

  /**
   * Neither the stack nor what caused it: a cause may carry an answer's body, and that a secret. What others wrote into the
   * message may be an address with a password in it.
   */
  override formatError({ name, message }: Error) {
    return { name, message: redact(message, []) };
  }
}

/** Lines of JSON of one function; the context of an invocation is added once it is known. */
export interface FunctionLog {
  readonly log: Log;
  begin(context: Context): void;
}

/** In the same words as where a line is no error's. */
function factsOf({ name, reason, message, hint, facts }: FerryError): Readonly<Record<string, unknown>> {
  return { error: { name }, reason, why: message, hint, ...(Object.keys(facts).length === 0 ? {} : { about: facts }) };
}

/** An error of ours makes a line a warning, any other makes it an error: it is a fault of the program. */
export function functionLog(service: string, deployment: string): FunctionLog {
  const logger = new Logger({
    serviceName: service,
    persistentKeys: { deployment },
    logFormatter: new Line(),
    jsonReplacerFn: (_key, value) =>
      typeof value === 'string' && value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value,
  });
  return {
    log(message, { error, ...facts }) {
      if (error instanceof FerryError) logger.warn(message, { ...factsOf(error), ...facts });
      else if (error instanceof Error) logger.error(message, { error, ...facts });
      else logger.info(message, { error, ...facts });
    },
    begin: (context) => logger.addContext(context),
  };
}
