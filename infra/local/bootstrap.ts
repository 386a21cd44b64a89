// One instance of a function, in a process of its own: loads the bundle once, and answers one event after another.
import { createRequire } from 'node:module';
import type { Answer, Invocation } from './function-process.ts';

const [, , file = '', name = '', memory = ''] = process.argv;
const { handler } = createRequire(import.meta.url)(file) as {
  handler: (event: unknown, context: unknown) => Promise<unknown>;
};

/** The context as Lambda gives it, as far as handlers commonly read it. */
function contextOf({ id, arn, deadline }: Invocation): Record<string, unknown> {
  return {
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: memory,
    awsRequestId: id,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: String(process.pid),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function answer(invocation: Invocation): Promise<Answer> {
  try {
    return { id: invocation.id, result: await handler(invocation.event, contextOf(invocation)) };
  } catch (error) {
    console.error(error);
    return { id: invocation.id, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

// Ctrl-C reaches the whole group of processes; the parent ends its functions when they have answered.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', async (invocation: Invocation) => process.send?.(await answer(invocation)));
