import { Rejected } from '../errors.ts';
import type { Change } from './change.ts';

export function parseChanges(_body: string): readonly Change[] {
  throw new Rejected('ChangeInvalid', 'Changes are not read yet.');
}
