import { setTimeout } from 'node:timers/promises';
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { FerryError } from '../errors.ts';
import { redact } from '../redact.ts';
import type { Attributes, Telemetry } from './telemetry.ts';

/** AWS's own header, by which Lambda, SQS and EventBridge hand a trace on. */
const HEADER = 'x-amzn-trace-id';

/**
 * Does a piece of work as a span below the one under way. All of this does nothing unless a layer has brought an
 * OpenTelemetry SDK, which then takes the spans.
 */
export const span: Telemetry['span'] = (name, attributes, work) => within(name, { attributes }, context.active(), work);

/**
 * Does an invocation as a span: below the layer's own where it has one; else below the one trace that what it was given
 * belongs to; beside that, linked to all of these traces. `headers`: AWS's trace headers, of the messages or of Lambda.
 */
export function root<T>(
  name: string,
  attributes: Attributes,
  headers: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const remote = [...new Set(headers)].map((header) => propagation.extract(context.active(), { [HEADER]: header }));
  const known = remote.filter((one) => trace.getSpanContext(one) !== undefined);
  const [only, ...others] = known;
  const parent = trace.getActiveSpan() === undefined && others.length === 0 ? only : undefined;
  const links = known.flatMap((one) => {
    const linked = trace.getSpanContext(one);
    return linked === undefined || one === parent ? [] : [{ context: linked }];
  });
  return within(name, { kind: SpanKind.CONSUMER, attributes, links }, parent ?? context.active(), work);
}

async function within<T>(
  name: string,
  options: Parameters<ReturnType<TracerProvider['getTracer']>['startSpan']>[1],
  parent: Context,
  work: () => Promise<T>,
): Promise<T> {
  // Asked each time: the layer may register its SDK later than this module is loaded.
  return trace.getTracer('gitferry').startActiveSpan(name, { ...options }, parent, async (begun) => {
    try {
      return await work();
    } catch (error) {
      fail(begun, error);
      throw error;
    } finally {
      begun.end();
    }
  });
}

/** By name and sentence: a stack or a cause may say more than may be told. */
function fail(begun: Span, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  begun.setStatus({ code: SpanStatusCode.ERROR, message: redact(message, []) });
  begun.setAttribute('error.type', error instanceof FerryError ? error.reason : name);
}

interface Flushing {
  getDelegate?(): Flushing;
  forceFlush?(): Promise<void>;
}

/** Milliseconds that an invocation waits for whoever takes the spans. */
const PATIENCE = 2000;

/** Hands over the spans before Lambda freezes the process; what is not taken is lost, and nothing else. */
export async function flushSpans(): Promise<void> {
  const provider = trace.getTracerProvider() as Flushing;
  const flushed = (provider.getDelegate?.() ?? provider).forceFlush?.().catch(() => {});
  if (flushed !== undefined) await Promise.race([flushed, setTimeout(PATIENCE, undefined, { ref: false })]);
}
