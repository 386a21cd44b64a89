import type { ImageChange } from '../../../shared/change/change.ts';
import type { ImageUnit } from '../../../shared/unit/unit.ts';

/** An image policy that something points at, and the events that did. */
export interface ImageConcern {
  readonly unit: ImageUnit;
  readonly changes: readonly ImageChange[];
}
