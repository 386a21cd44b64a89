import { Rejected } from '../errors.ts';
import type { Config } from './config.ts';

export function parseConfig(_bytes: Uint8Array): Config {
  throw new Rejected('ConfigInvalid', 'gitferry.yaml is not read yet.', { facts: { faults: [] } });
}
