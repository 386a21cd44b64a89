import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';

const { lackOf } = createRequire(import.meta.url)('../../infra/deployment/concurrency.cjs') as {
  lackOf: (quota: number, reserved: readonly number[]) => string | null;
};

describe('the concurrency of an account', () => {
  it('is enough while a hundred stay for others, and wherever nothing is reserved', () => {
    assert.equal(lackOf(1000, [20, 2, 5]), null);
    assert.equal(lackOf(127, [20, 2, 5]), null);
    assert.equal(lackOf(10, []), null);
  });

  it('is too little in a new account, which is told with what to do', () => {
    assert.match(
      lackOf(10, [20, 2]) ?? '',
      /may run 10 functions at once.*22 can't be reserved.*reserved-concurrency=false/u,
    );
    assert.notEqual(lackOf(126, [20, 2, 5]), null);
  });
});
