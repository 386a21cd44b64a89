import type { Fault } from '../../shared/config/fault.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { Rejected } from '../../shared/errors.ts';

/** The faults that a `gitferry.yaml` is rejected for; fails when it is not. */
export function faultsOf(file: string | Uint8Array): readonly Fault[] {
  try {
    parseConfig(typeof file === 'string' ? Buffer.from(file) : file);
  } catch (error) {
    if (error instanceof Rejected && error.reason === 'ConfigInvalid') return error.facts.faults as Fault[];
    throw error;
  }
  throw new Error('The file has no faults.');
}
