import { createHash } from 'node:crypto';
import type { Config, Mirror, ReleaseRule } from './config.ts';
import { normaliseImage } from './image.ts';
import type { ReleaseShape } from './release-schema.ts';
import type { ConfigShape, MirrorShape } from './schema.ts';

/** What a mirror or a rule for releases is called that has no name. `#` divides a rule's name from a unit's in the ledger. */
export function nameOf(bucket: string, prefix: string): string {
  return `s3://${bucket}/${prefix.replaceAll('#', '%23')}`;
}

/** The folder that `files` names; empty for the root. */
export function folderOf(files: string): string {
  return files === '.' ? '' : files;
}

/** A mirror as the rest of gitferry knows it. Order and repetition in a list of kinds say nothing, so they are levelled. */
export function normaliseMirror(shape: MirrorShape): Mirror {
  const { bucket, prefix, onDelete, onEdit, allowRepublish, limits, removals } = shape;
  const rule = {
    name: shape.name ?? nameOf(bucket, prefix),
    bucket,
    prefix,
    place: normalisePlace(shape),
    onDelete,
    onEdit,
    allowRepublish,
    allowKinds: [...new Set(shape.allowKinds)].sort(),
    denyKinds: [...new Set(shape.denyKinds)].sort(),
    limits,
    removals,
  };
  return withDigest(rule);
}

function normaliseRelease({ name, bucket, prefix, deadline }: ReleaseShape): ReleaseRule {
  return withDigest({ name: name ?? nameOf(bucket, prefix), bucket, prefix, deadline });
}

/** What the ledger calls a rule: equal rules have equal digests. */
function withDigest<Rule extends object>(rule: Rule): Rule & { readonly digest: string } {
  return { ...rule, digest: `sha256:${createHash('sha256').update(canonicalJson(rule)).digest('hex')}` };
}

function normaliseAuthor(author: string): Config['author'] {
  const [, name = '', email = ''] = /^(.*) <(.*)>$/u.exec(author) ?? [];
  return { name, email };
}

export function normaliseConfig(shape: ConfigShape): Config {
  return {
    mirrors: shape.mirrors.map(normaliseMirror),
    images: shape.images.map((image) => withDigest(normaliseImage(image))),
    releases: shape.releases.map(normaliseRelease),
    author: normaliseAuthor(shape.commit.author),
    rollout: shape.rollout,
    drift: shape.drift,
  };
}

function normalisePlace({ chart, files, unpack, versions, select }: MirrorShape): Mirror['place'] {
  if (chart !== undefined) return { kind: 'chart', template: chart, unpack, versions: versions ?? null, select };
  return { kind: 'files', folder: folderOf(files ?? '') };
}

/** JSON with the keys of every object in order, so that equal rules have equal digests. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
