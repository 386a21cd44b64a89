import { Rejected } from '../errors.ts';
import { isPrintable, printable } from '../printable.ts';

/** Linux' limits, in bytes. */
const MAX_SEGMENT = 255;
const MAX_PATH = 4096;

/** A path as sentences show it: quoted, cut, and with nothing invisible in it. */
export function shown(path: string): string {
  const cut = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return printable(JSON.stringify(cut));
}

/**
 * What a file system that is kinder than Linux' takes a segment for: case folded, without the characters that HFS+
 * ignores, without NTFS' stream (`:…`) and trailing dots and spaces. As git's `is_hfs_dotgit` and `is_ntfs_dotgit`.
 */
function folded(segment: string): string {
  const name = segment.replace(/\p{Default_Ignorable_Code_Point}/gu, '').toLowerCase();
  return name.replace(/:.*$/su, '').replace(/[. ]+$/u, '');
}

function fault(path: string): string | null {
  if (path === '') return 'is empty';
  if (!path.isWellFormed()) return 'is not valid Unicode';
  // A review could not see them, nor tell two names apart that differ by one.
  if (!isPrintable(path)) return 'holds a control character or an invisible one';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.startsWith('/')) return 'is absolute';
  if (/^[a-z]:/iu.test(path)) return 'starts with a drive letter';
  if (Buffer.byteLength(path) > MAX_PATH) return `is longer than ${MAX_PATH} bytes`;
  for (const segment of path.split('/')) {
    if (segment === '') return 'holds an empty segment';
    if (segment === '.' || segment === '..') return `holds the segment "${segment}"`;
    if (Buffer.byteLength(segment) > MAX_SEGMENT) return `holds a segment longer than ${MAX_SEGMENT} bytes`;
    if (/^(?:\.git|git~\d)$/u.test(folded(segment))) return "holds a spelling of git's own folder";
  }
  return null;
}

/**
 * A path that means the same file, inside the same folder, on every system that may check the repository out.
 *
 * @throws Rejected `PathUnsafe`
 */
export function checkPath(path: string): void {
  const why = fault(path);
  if (why === null) return;
  throw new Rejected('PathUnsafe', `The path ${shown(path)} ${why}.`, {
    hint: 'Name files by plain relative paths.',
    facts: { path: path.slice(0, MAX_PATH) },
  });
}

/** Segments, folded, that no upload may write, at any depth: what steers git, reviews, secrets, the agent or CI. */
const PROTECTED: readonly RegExp[] = [
  /^\.git(?:modules|attributes)$|^gitmod~\d$|^gitatt~\d$|^\.lfsconfig$/u,
  /^codeowners$/u,
  /^\.sops\.ya?ml$/u,
  /^flux-system$/u,
  // CI of the Git hosts
  /^\.(?:github|gitlab|gitea|forgejo|gogs|bitbucket|azuredevops|azure-pipelines|builds)$/u,
  /^\.gitlab-ci(?:[.-].*)?$/u,
  /(?:^|-)pipelines\.ya?ml$|^azure-pipelines.*\.ya?ml$/u,
  /^\.build\.ya?ml$/u,
  // CI beside them
  /^jenkinsfile(?:[.-].*)?$|\.jenkinsfile$|^\.jenkins$/u,
  /^\.(?:circleci|buildkite|woodpecker|drone|semaphore|tekton|teamcity|harness|concourse|codefresh|zuul\.d)$/u,
  /^\.(?:woodpecker|drone|travis|appveyor|cirrus|buildkite|taskcluster|zuul|codefresh)\.(?:ya?ml|star|jsonnet)$/u,
  /^(?:appveyor|cloudbuild|buildspec|codefresh|codemagic|bitrise|screwdriver|wercker|circle|zuul)\.(?:ya?ml|json)$/u,
];

/**
 * Whether only people may change what stands here. The root's `gitferry.yaml` is protected together with all that would replace it: a
 * folder of its name.
 */
export function isProtected(path: string): boolean {
  const segments = path.split('/').map(folded);
  const steering = /^gitferry\.ya?ml$/u.test(segments[0] ?? '');
  return steering || segments.some((segment) => PROTECTED.some((pattern) => pattern.test(segment)));
}

/** @throws Rejected `PathProtected` where an upload may not write. */
export function checkUnprotected(path: string): void {
  if (!isProtected(path)) return;
  throw new Rejected('PathProtected', `The path ${shown(path)} is one that only people may change.`, {
    hint: 'Leave this file out of the upload, and change it by a commit of your own.',
    facts: { path },
  });
}
