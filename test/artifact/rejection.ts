import assert from 'node:assert/strict';
import { Rejected } from '../../shared/errors.ts';

/** For assert.throws and assert.rejects: a Rejected for this reason, that tells what is wrong in a sentence. */
export function rejection(reason: string): (error: unknown) => true {
  return (error) => {
    if (!(error instanceof Rejected)) throw error;
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, /^[A-Z"].*[.]$/su);
    assert.notEqual(error.hint, '');
    return true;
  };
}

export const LIMITS = { packed: 1024 * 1024, unpacked: 4 * 1024 * 1024, files: 200 };
