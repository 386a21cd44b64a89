import type { Policy } from '../image/policy.ts';

/** `gitferry.yaml`, parsed: every default filled in, every size in bytes. */
export interface Config {
  readonly mirrors: readonly Mirror[];
  readonly images: readonly ImageRule[];
  readonly releases: readonly ReleaseRule[];
  /** Who makes the commits. */
  readonly author: { readonly name: string; readonly email: string };
  readonly rollout: Rollout;
  /** Whether agents are asked to set right what was changed in a cluster by hand, or people only told of it. */
  readonly drift: 'notify' | 'converge';
}

/** How releases are followed in the cluster. */
export interface Rollout {
  /** Milliseconds after which one that has not ended counts as timed out. */
  readonly deadline: number;
  /** What becomes of one that failed: it is taken back, or no further release of its unit lands, or it is only told. */
  readonly onFailure: 'revert' | 'hold' | 'notify';
}

/** One rule: what lies below a prefix of a bucket goes to a place of the repository. */
export interface Mirror {
  /** Unique in its file; `s3://<bucket>/<prefix>` unless the file names it. */
  readonly name: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly place: ChartPlace | FilesPlace;
  readonly onDelete: 'keep' | 'remove';
  readonly onEdit: 'hold' | 'overwrite';
  /** Whether a chart version may come again with other bytes. */
  readonly allowRepublish: boolean;
  readonly allowKinds: readonly string[];
  readonly denyKinds: readonly string[];
  /** In bytes: an object, an archive as it is, an archive unpacked; and the number of files in an archive. */
  readonly limits: {
    readonly object: number;
    readonly packed: number;
    readonly unpacked: number;
    readonly files: number;
  };
  /** Removals within a day of more than this share of the mirror's files, and at least so many, are rejected. */
  readonly removals: { readonly share: number; readonly atLeast: number };
  /** `sha256:<hex>` over the canonical JSON of all the above: what the ledger calls the rule. */
  readonly digest: string;
}

/** Chart archives `<name>-<version>.tgz`, of which the best version of each chart stands in the repository. */
interface ChartPlace {
  readonly kind: 'chart';
  /** A folder, or a file when charts stay packed, with `{name}` and perhaps `{version}` in it. */
  readonly template: string;
  readonly unpack: boolean;
  /** A semver range, or null for every release. */
  readonly versions: string | null;
  readonly select: 'highest' | 'newest-upload';
}

/** Files as they are, below a folder; the empty folder is the root. */
interface FilesPlace {
  readonly kind: 'files';
  readonly folder: string;
}

/** One rule: references to an image, in these files, are kept at the tag that the policy chooses. */
export interface ImageRule {
  /** Unique in its file, as Flux's markers call it (`flux-system:shop-api`). */
  readonly name: string;
  /** Canonical: `registry/repository`. */
  readonly image: string;
  /** The name as references are to have it; the file's own spelling. */
  readonly written: string;
  readonly policy: Policy;
  /** Globs of the repository's paths, in which references are looked for. */
  readonly files: readonly string[];
  readonly pin: 'digest' | 'tag';
  readonly onEdit: 'hold' | 'overwrite';
  /** `sha256:<hex>` over the canonical JSON of all the above. */
  readonly digest: string;
}

/** One rule: release files (`*.release.yaml`) below a prefix say what lands together. */
export interface ReleaseRule {
  /** Unique in its file; `s3://<bucket>/<prefix>` unless the file names it. */
  readonly name: string;
  readonly bucket: string;
  readonly prefix: string;
  /** Milliseconds after which a release that is not complete is rejected. */
  readonly deadline: number;
  /** `sha256:<hex>` over the canonical JSON of all the above. */
  readonly digest: string;
}
