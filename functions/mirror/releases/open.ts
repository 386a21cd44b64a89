import type { Config } from '../../../shared/config/config.ts';
import { type ReleaseFile, readReleaseFile } from '../../../shared/config/release-file.ts';
import { Rejected } from '../../../shared/errors.ts';
import type { Ledger } from '../../../shared/ledger/ledger.ts';
import type { Bucket, ObjectContent, ObjectInfo } from '../../../shared/source/bucket.ts';
import { isDecided } from '../../../shared/unit/release-file.ts';
import { type ReleaseUnit, releaseUnit } from '../../../shared/unit/unit.ts';
import { each } from '../each.ts';

/** A release file that neither landed nor was turned away. */
export interface OpenRelease {
  readonly unit: ReleaseUnit;
  /** Without bytes where there are too many. */
  readonly object: Omit<ObjectContent, 'bytes'> & { readonly bytes: Uint8Array | null };
  /** What it names, or why it can't be read. */
  readonly file: ReleaseFile | Rejected;
}

/** The largest release file, in bytes. */
const LARGEST = 256 * 1024;

/** The release files that wait for what they name. Throws Retryable or Stalled when the bucket can't be read. */
export async function openReleases(config: Config, bucket: Bucket, ledger: Ledger): Promise<OpenRelease[]> {
  const found: { unit: ReleaseUnit; info: ObjectInfo }[] = [];
  for (const rule of config.releases)
    for await (const info of bucket.list(rule.bucket, rule.prefix)) {
      const unit = releaseUnit(rule, rule.bucket, info.key);
      if (unit !== null) found.push({ unit, info });
    }
  await ledger.load(found.map(({ unit }) => unit.id));
  const open = found.filter(({ unit, info }) => !isDecided(ledger.state(unit.id), unit, info));
  const read = await each(open, async ({ unit, info }): Promise<OpenRelease | null> => {
    const object = await bucket.get(unit.release.bucket, unit.key, LARGEST).catch((error: unknown) => {
      if (error instanceof Rejected) return error;
      throw error;
    });
    if (object instanceof Rejected) return { unit, object: { ...info, bytes: null, metadata: {} }, file: object };
    return object && { unit, object, file: parse(object.bytes, unit.release.bucket) };
  });
  return read.filter((release) => release !== null);
}

function parse(bytes: Uint8Array, bucket: string): ReleaseFile | Rejected {
  try {
    return readReleaseFile(bytes, bucket);
  } catch (error) {
    if (error instanceof Rejected) return error;
    throw error;
  }
}

/** What open release files name: it lands with them, and not by itself. */
export class Reserved {
  readonly #objects = new Set<string>();
  readonly #images = new Map<string, string[]>();

  constructor(open: readonly OpenRelease[]) {
    for (const { file } of open) {
      if (file instanceof Rejected) continue;
      for (const { bucket, key, digest } of file.objects) this.#objects.add(`${bucket}/${key} ${digest}`);
      for (const { image, digest } of file.images)
        this.#images.set(image, [...(this.#images.get(image) ?? []), digest]);
    }
  }

  hasObject(bucket: string, key: string, digest: string): boolean {
    return this.#objects.has(`${bucket}/${key} ${digest}`);
  }

  digests(image: string): readonly string[] {
    return this.#images.get(image) ?? [];
  }
}

/** Whether a release file names an object, or is it. */
export function touches({ unit, file }: OpenRelease, bucket: string, key: string): boolean {
  if (unit.release.bucket === bucket && unit.key === key) return true;
  return !(file instanceof Rejected) && file.objects.some((one) => one.bucket === bucket && one.key === key);
}

export function namesImage({ file }: OpenRelease, image: string): boolean {
  return !(file instanceof Rejected) && file.images.some((one) => one.image === image);
}
