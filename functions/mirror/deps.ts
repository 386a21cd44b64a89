import type { Remote } from '../../shared/git/remote.ts';
import type { Bus } from '../../shared/notice/bus.ts';
import type { Bucket } from '../../shared/source/bucket.ts';
import type { Images } from '../../shared/source/images.ts';
import type { Log, Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { Signer } from '../../shared/trust/signing.ts';

/** What a batch costs at most before it is cut: units, and bytes of content. */
export interface Budget {
  readonly units: number;
  readonly bytes: number;
}

/** Everything that `mirror` works with, so that it runs without a cloud. */
export interface Deps {
  readonly deployment: string;
  /** The repository's address without credentials, as events and messages name it. */
  readonly repository: string;
  /** The branch's short name. */
  readonly branch: string;
  readonly remote: Remote;
  readonly bucket: Bucket;
  readonly images: Images;
  readonly bus: Bus;
  /** The key that commits are signed with, null when none is configured; throws Stalled when it can't be used. */
  readonly signer: () => Promise<Signer | null>;
  readonly budget: Budget;
  readonly now: () => Date;
  /** A new ULID that sorts after `after`. */
  readonly newId: (after?: string) => string;
  /** Milliseconds left to this invocation. */
  readonly remaining: () => number;
  /** Waits so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Waits before attempt `n` (0, 1, …) of a landing that others got ahead of. */
  readonly backoff: (attempt: number) => Promise<void>;
  readonly log: Log;
  readonly telemetry: Telemetry;
}
