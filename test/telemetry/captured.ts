import type { TestContext } from 'node:test';
import type { Context } from 'aws-lambda';

export type Line = Readonly<Record<string, unknown>>;

/** Does something, and answers the lines of JSON that were written meanwhile; whatever else is written goes its way. */
export async function captured(test: TestContext, work: () => unknown): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const mocks = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    return test.mock.method(stream, 'write', (chunk: string | Uint8Array, ...rest: never[]) => {
      if (typeof chunk !== 'string' || !chunk.startsWith('{')) return write(chunk, ...rest);
      lines.push(JSON.parse(chunk));
      return true;
    });
  });
  try {
    await work();
  } finally {
    for (const { mock } of mocks) mock.restore();
  }
  return lines;
}

/** The context of an invocation, as far as it is read. */
export function contextOf(awsRequestId: string): Context {
  const about = { awsRequestId, functionName: 'gitferry-test-mirror', getRemainingTimeInMillis: () => 4321 };
  return about as unknown as Context;
}
