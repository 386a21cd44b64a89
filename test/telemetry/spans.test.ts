import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { context, propagation, trace } from '@opentelemetry/api';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';
import { Stalled } from '../../shared/errors.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { captured, contextOf } from './captured.ts';

const ROOT = '1-5759e988-bd862e3fe1be46a994272793';
const TRACE = '5759e988bd862e3fe1be46a994272793';
const header = (parent: string, root = ROOT): string => `Root=${root};Parent=${parent};Sampled=1`;
const record = (AWSTraceHeader?: string) => ({ attributes: AWSTraceHeader === undefined ? {} : { AWSTraceHeader } });

const environment: Record<string, string> = { GITFERRY_DEPLOYMENT: 'production' };
const { telemetry, handle, remaining } = observe('mirror', environment);
const { span } = telemetry;

describe('without an SDK', () => {
  test('work is done as ever, and nothing is written', async (t) => {
    const handler = handle((given: number) => span('push', {}, async () => [given * 2, remaining()]));
    const lines = await captured(t, async () => assert.deepEqual(await handler(21, contextOf('1')), [42, 4321]));
    assert.deepEqual(lines, []);
  });
});

describe('with the SDK that a layer brings', () => {
  const exporter = new InMemorySpanExporter();
  // As layers have it: spans are kept until they are asked for, or some seconds have passed.
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  before(() => provider.register({ propagator: new AWSXRayPropagator() }));
  beforeEach(() => exporter.reset());
  after(async () => {
    await provider.shutdown();
    for (const one of [trace, context, propagation]) one.disable();
  });

  /** The spans that stand there when an invocation has ended, by their names. */
  async function spansOf(
    event: unknown,
    work: () => Promise<unknown>,
  ): Promise<Readonly<Record<string, ReadableSpan>>> {
    await handle(work)(event, contextOf('request-1')).catch(() => {});
    return Object.fromEntries(exporter.getFinishedSpans().map((one) => [one.name, one]));
  }

  test('an invocation goes on with the trace of its message; its steps stand below it', async () => {
    const event = { Records: [record(header('53995c3f42cd8ad8')), record(header('53995c3f42cd8ad8')), record()] };
    const about = { 'gitferry.release': '01J', 'gitferry.unit': 'charts#web' };
    const { mirror, push } = await spansOf(event, () => span('push', about, async () => {}));
    assert.deepEqual(
      [mirror?.spanContext().traceId, mirror?.parentSpanContext?.spanId, mirror?.links],
      [TRACE, '53995c3f42cd8ad8', []],
    );
    assert.deepEqual(mirror?.attributes, {
      'faas.invocation_id': 'request-1',
      'gitferry.deployment': 'production',
    });
    assert.equal(push?.parentSpanContext?.spanId, mirror?.spanContext().spanId);
    assert.deepEqual(push?.attributes, about);
  });

  test('messages of several traces are linked; none is its parent', async () => {
    const other = '1-5759e988-000000000000000000000001';
    const event = { Records: [record(header('53995c3f42cd8ad8')), record(header('53995c3f42cd8ad9', other))] };
    const { mirror } = await spansOf(event, async () => {});
    assert.equal(mirror?.parentSpanContext, undefined);
    assert.deepEqual(
      mirror?.links.map((link) => [link.context.traceId, link.context.spanId]),
      [
        [TRACE, '53995c3f42cd8ad8'],
        ['5759e988000000000000000000000001', '53995c3f42cd8ad9'],
      ],
    );
  });

  test('an event without messages belongs to the trace that Lambda names', async () => {
    environment._X_AMZN_TRACE_ID = header('53995c3f42cd8ad7');
    const { mirror } = await spansOf({ detail: {} }, async () => {});
    delete environment._X_AMZN_TRACE_ID;
    assert.equal(mirror?.parentSpanContext?.spanId, '53995c3f42cd8ad7');
  });

  test('where the layer has a span of its own, ours stands below it', async () => {
    const tracer = trace.getTracer('layer');
    const event = { Records: [record(header('53995c3f42cd8ad8'))] };
    const { mirror, handler } = await tracer.startActiveSpan('handler', async (own) => {
      await handle(async () => {})(event, contextOf('1'));
      own.end();
      await provider.forceFlush();
      return Object.fromEntries(exporter.getFinishedSpans().map((one) => [one.name, one]));
    });
    assert.equal(mirror?.parentSpanContext?.spanId, handler?.spanContext().spanId);
    assert.deepEqual(
      mirror?.links.map((link) => link.context.spanId),
      ['53995c3f42cd8ad8'],
    );
  });

  test('what is no trace is none, whoever sends it', async () => {
    for (const Records of [[record('Root=../../etc')], [null, 7, {}], 'x', [record('Root='.repeat(10_000))]]) {
      const { mirror } = await spansOf({ Records }, async () => {});
      assert.deepEqual([mirror?.parentSpanContext, mirror?.links], [undefined, []]);
      exporter.reset();
    }
  });

  test('a step that fails says why, without what caused it; the error goes its way', async () => {
    const error = new Stalled('PushRefused', 'A hook refused it.', { cause: new Error('token=s3cr3t') });
    const failing = (): Promise<never> => span('push', {}, () => Promise.reject(error));
    const { mirror, push } = await spansOf({}, () => assert.rejects(failing(), error));
    assert.deepEqual(push?.status, { code: 2, message: 'A hook refused it.' });
    assert.deepEqual([push?.attributes['error.type'], push?.events], ['PushRefused', []]);
    assert.equal(mirror?.status.code, 0);
  });

  test('nor does one say a password in an address', async () => {
    const error = new TypeError('boom https://u:s3cr3t@git.example.org/x');
    const { push } = await spansOf({}, () => span('push', {}, () => Promise.reject(error)));
    assert.equal(push?.status.message, 'boom https://***@git.example.org/x');
  });
});
