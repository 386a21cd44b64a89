import type { LiftChange, RollbackChange, VerdictChange } from './verdict.ts';

/**
 * "Look there": something at a source may have changed. A change names a place and never says what stands there now;
 * whoever handles it reads the source. What it carries beside the name counts only if that is the version then read.
 */
export type Change = SourceChange | Request;

/** What says no more than where to look. */
export type SourceChange = ObjectChange | ImageChange | PrefixChange | ConfigChange;

/** What says something: how a release ended, or what a person asks for. */
export type Request = VerdictChange | RollbackChange | LiftChange;

/** One object of a bucket was created, overwritten or deleted. */
export interface ObjectChange {
  readonly kind: 'object';
  readonly bucket: string;
  /** As the bucket has it, decoded. */
  readonly key: string;
  readonly versionId?: string;
  readonly etag?: string;
  /** What AWS says of who did it: an account, or a principal id. */
  readonly publisher?: string;
  /** When it happened at the source, ISO 8601. */
  readonly at?: string;
  /** It is not there any more: someone deleted it, or it expired by its bucket's lifecycle, which is no removal. */
  readonly gone?: 'deleted' | 'expired';
  /** A sweep found it, and no event had told. */
  readonly missed?: true;
}

/** Tags of an image may have moved. */
export interface ImageChange {
  readonly kind: 'image';
  /** Canonical: `registry/repository`. */
  readonly image: string;
  readonly tag?: string;
  /** `sha256:<hex>`, as the event has it. */
  readonly digest?: string;
  /** What the registry says of who did it. */
  readonly publisher?: string;
  /** When it happened at the source, ISO 8601. */
  readonly at?: string;
  /** A sweep found it, and no event had told. */
  readonly missed?: true;
}

/** Anything below a prefix may have changed; the empty prefix is the whole bucket. */
interface PrefixChange {
  readonly kind: 'prefix';
  readonly bucket: string;
  readonly prefix: string;
}

/** `gitferry.yaml` may have changed. */
interface ConfigChange {
  readonly kind: 'config';
}
