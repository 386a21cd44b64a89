import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { observe } from '../../shared/telemetry/observe.ts';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';
import { captured, contextOf, type Line } from './captured.ts';

const LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: 'gitferry-production-mirror', GITFERRY_DEPLOYMENT: 'production' };

/** Metrics that one invocation writes, on a process that Lambda has just started. */
async function written(
  test: TestContext,
  environment: Readonly<Record<string, string>>,
  work: (telemetry: Telemetry) => unknown,
): Promise<readonly Line[]> {
  // What Lambda sets; Powertools reads it when it is made.
  process.env.AWS_LAMBDA_INITIALIZATION_TYPE = 'on-demand';
  test.after(() => delete process.env.AWS_LAMBDA_INITIALIZATION_TYPE);
  const { telemetry, handle } = observe('mirror', environment);
  const handler = handle(async (event: unknown) => work(telemetry) ?? event);
  const lines = await captured(test, () => handler({}, contextOf('1')).catch(() => {}));
  return lines.filter((line) => '_aws' in line);
}

interface Embedded {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
  }[];
}

const about = ({ _aws }: Line): Embedded['CloudWatchMetrics'] => (_aws as Embedded).CloudWatchMetrics;

test('what an invocation measured is written at its end, by function and deployment, as CloudWatch reads it', async (t) => {
  const lines = await written(t, LAMBDA, ({ measure }) => {
    measure({ Landed: 2, PushAttempts: 1 });
    measure({ EventToCommit: 1200 });
    measure({ EventToCommit: 800.5, PushAttempts: 1 });
  });
  const [cold, line, ...others] = lines;
  assert.deepEqual(others, []);
  assert.deepEqual([cold?.ColdStart, cold?.service, cold?.deployment], [1, 'mirror', 'production']);
  assert.deepEqual(about(line ?? {}), [
    {
      Namespace: 'gitferry',
      Dimensions: [['service', 'deployment']],
      Metrics: [
        { Name: 'Landed', Unit: 'Count' },
        { Name: 'PushAttempts', Unit: 'Count' },
        { Name: 'EventToCommit', Unit: 'Milliseconds' },
      ],
    },
  ]);
  const { _aws, ...values } = line ?? {};
  assert.deepEqual(values, {
    service: 'mirror',
    deployment: 'production',
    Landed: 2,
    PushAttempts: [1, 1],
    EventToCommit: [1200, 800.5],
  });
});

test('an outcome is a dimension of its own', async (t) => {
  const lines = await written(t, LAMBDA, ({ measure }) => measure({ Verdicts: 1 }, 'failed'));
  const line = lines.find(({ outcome }) => outcome !== undefined);
  assert.deepEqual(
    about(line ?? {})[0]?.Dimensions.map((set) => [...set].sort()),
    [['deployment', 'outcome', 'service']],
  );
  assert.deepEqual([line?.Verdicts, line?.outcome], [1, 'failed']);
});

test('what was measured before a fault of the program is written all the same', async (t) => {
  const lines = await written(t, LAMBDA, ({ measure }) => {
    measure({ PushAttempts: 1 });
    throw new TypeError('x is not a function');
  });
  assert.deepEqual(lines.map(({ PushAttempts }) => PushAttempts).filter(Boolean), [1]);
});

test('a hundred values fit into a line; more are not lost', async (t) => {
  const lines = await written(t, LAMBDA, ({ measure }) => {
    for (let value = 1; value <= 250; value += 1) measure({ EventToCommit: value });
  });
  const values = lines.flatMap(({ EventToCommit }) => EventToCommit ?? []);
  assert.equal(new Set(values).size, 250);
  for (const { EventToCommit = [] } of lines) assert.ok([EventToCommit].flat().length <= 100);
});

test('where Lambda does not run it, and where there is nothing to tell, no metric is written', async (t) => {
  const measure = ({ measure }: Telemetry) => measure({ Landed: 1 });
  assert.deepEqual(await written(t, { GITFERRY_DEPLOYMENT: 'local' }, measure), []);
  const idle = await written(t, LAMBDA, () => {});
  assert.deepEqual(
    idle.map(({ ColdStart }) => ColdStart),
    [1],
  );
});
