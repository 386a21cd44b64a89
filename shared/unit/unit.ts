import { parseChartFileName } from '../artifact/chart.ts';
import type { Config, ImageRule, Mirror, ReleaseRule } from '../config/config.ts';

/** Where gitferry leaves word of what it rejected; never mirrored itself. */
export const REJECTED_PREFIX = 'gitferry-rejected/';

/** The smallest thing that lands as a whole: what the ledger keeps a state of. */
export interface Subject {
  /** Unique in a deployment. */
  readonly id: string;
  /** The digest of the rule that decides it. */
  readonly rule: string;
}

/** One image policy, and all references that it keeps; its id is the policy's name. */
export interface ImageUnit extends Subject {
  readonly image: ImageRule;
}

/** One release file; its id is `<rule>#<key below the rule's prefix>`. */
export interface ReleaseUnit extends Subject {
  readonly release: ReleaseRule;
  readonly key: string;
}

/** One chart, or one file or bundle; its id is `<mirror>#<name>`. */
export interface Unit extends Subject {
  readonly mirror: Mirror;
  /** A chart's name, a key below the mirror's prefix, or `?` and a key that is no chart in a mirror of charts. */
  readonly name: string;
}

export function unitId(mirror: string, name: string): string {
  return `${mirror}#${name}`;
}

/** The name of the rule that a unit's id belongs to; rules' names hold no `#`. An image's id is its rule's name alone. */
export function mirrorOf(id: string): { readonly mirror: string; readonly name: string } {
  const hash = id.indexOf('#');
  return hash === -1 ? { mirror: id, name: '' } : { mirror: id.slice(0, hash), name: id.slice(hash + 1) };
}

export function imageUnit(image: ImageRule): ImageUnit {
  return { id: image.name, rule: image.digest, image };
}

const RELEASE_FILE = '.release.yaml';

/** The release file that a key of a bucket is by this rule; null for none. */
export function releaseUnit(release: ReleaseRule, bucket: string, key: string): ReleaseUnit | null {
  const { name, prefix, digest } = release;
  if (bucket !== release.bucket || !key.startsWith(prefix) || !key.endsWith(RELEASE_FILE)) return null;
  return { id: unitId(name, key.slice(prefix.length)), rule: digest, release, key };
}

export function mirrorUnit(mirror: Mirror, name: string): Unit {
  return { id: unitId(mirror.name, name), rule: mirror.digest, mirror, name };
}

/** The unit that a key of a mirror belongs to; null for keys that are nobody's (folder markers, our own notes). */
export function unitOf(mirror: Mirror, key: string): Unit | null {
  if (!key.startsWith(mirror.prefix) || key.endsWith('/') || key.startsWith(REJECTED_PREFIX)) return null;
  const rest = key.slice(mirror.prefix.length);
  const name = mirror.place.kind === 'chart' ? (chartName(rest) ?? `?${rest}`) : rest;
  return mirrorUnit(mirror, name);
}

function chartName(rest: string): string | null {
  return rest.includes('/') ? null : (parseChartFileName(rest)?.name ?? null);
}

/** Every unit that an object of a bucket belongs to: one a mirror whose prefix covers it. */
export function unitsOf(config: Config, bucket: string, key: string): Unit[] {
  return config.mirrors.filter((mirror) => mirror.bucket === bucket).flatMap((mirror) => unitOf(mirror, key) ?? []);
}

/** The folder (or file, for an archive kept as it is) that is a chart's place. */
export function chartPlace(template: string, chart: { readonly name: string; readonly version: string }): string {
  return template.replaceAll('{name}', chart.name).replaceAll('{version}', chart.version);
}

/** The folder below which a file's or a bundle's paths stand; empty for the root. */
export function filesRoot(folder: string, name: string): string {
  const slash = name.lastIndexOf('/');
  return [folder, slash === -1 ? '' : name.slice(0, slash)].filter((part) => part !== '').join('/');
}

/** The folder (or file) that a unit's paths stand below by its present rule; a chart's may depend on its version. */
export function rootOf({ mirror: { place }, name }: Unit, version: string): string {
  return place.kind === 'files' ? filesRoot(place.folder, name) : chartPlace(place.template, { name, version });
}

/** The folder that a unit will probably touch, known before anything of it is read. */
export function probableFolder(unit: Unit): string {
  return rootOf(unit, '-');
}
