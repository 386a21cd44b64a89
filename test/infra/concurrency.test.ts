import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';

interface Client {
  send(command: { readonly constructor: { readonly name: string }; readonly input: object }): Promise<object>;
}

const { lackOf, roomFor } = createRequire(import.meta.url)('../../infra/deployment/concurrency.cjs') as {
  lackOf: (room: number, reserved: readonly number[]) => string | null;
  roomFor: (client: Client, names: readonly string[]) => Promise<number | null>;
};

const failure = (name: string): Error => Object.assign(new Error(name), { name });

/** Lambda, with so much that nobody has reserved; `own`: what functions have, or why that can't be told. */
const lambda = (unreserved: number, own: Readonly<Record<string, number | Error>>): Client => ({
  async send({ constructor: { name }, input }) {
    if (name === 'GetAccountSettingsCommand')
      return { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: unreserved } };
    const has = own[(input as { FunctionName: string }).FunctionName] ?? failure('ResourceNotFoundException');
    if (has instanceof Error) throw has;
    return has === 0 ? {} : { ReservedConcurrentExecutions: has };
  },
});

describe('the concurrency of an account', () => {
  it('is what no other function has reserved', async () => {
    assert.equal(await roomFor(lambda(130, {}), ['mirror', 'verify']), 130);
    assert.equal(await roomFor(lambda(130, { mirror: 2, verify: 0 }), ['mirror', 'verify', 'new']), 132);
  });

  it('is unknown where it may not be asked', async () => {
    assert.equal(await roomFor(lambda(130, { mirror: failure('AccessDeniedException') }), ['mirror']), null);
    const deaf: Client = { send: () => Promise.reject(failure('AccessDeniedException')) };
    assert.equal(await roomFor(deaf, []), null);
  });

  it('is enough while a hundred stay for others, and wherever nothing is reserved', () => {
    assert.equal(lackOf(1000, [20, 2, 5]), null);
    assert.equal(lackOf(127, [20, 2, 5]), null);
    assert.equal(lackOf(10, []), null);
  });

  it('is too little in a new account, which is told with what to do', () => {
    assert.match(
      lackOf(10, [20, 2]) ?? '',
      /has 10 concurrent executions.*22 can't be reserved.*reserved-concurrency=false/u,
    );
    assert.notEqual(lackOf(126, [20, 2, 5]), null);
  });
});
