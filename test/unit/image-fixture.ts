import { parseConfig } from '../../shared/config/parse.ts';
import type { Places, Release, Source } from '../../shared/ledger/state.ts';
import type { Reference, Value } from '../../shared/reference/reference.ts';
import { type ImageUnit, imageUnit } from '../../shared/unit/unit.ts';
import { digest } from './fixture.ts';

export const IMAGE = 'quay.io/acme/api';

/** The one policy of a gitferry.yaml: these keys beside its image. */
export function imageWith(...keys: readonly string[]): ImageUnit {
  const policy = keys.some((key) => key.startsWith('policy:')) ? [] : ['policy: { semver: "*" }'];
  const about = [`image: ${IMAGE}`, 'files: ["apps/**"]', ...policy, ...keys].join(', ');
  const [rule] = parseConfig(Buffer.from(`apiVersion: gitferry.dev/v1\nimages: [{ ${about} }]\n`)).images;
  if (rule === undefined) throw new Error('There is no policy.');
  return imageUnit(rule);
}

/** What the ledger keeps of a reference that says this: of the content that one hex digit stands for. */
export function said(tag: string | null, digit: string | null): string {
  return `=${IMAGE}${tag === null ? '' : `:${tag}`}${digit === null ? '' : `@${digest(digit)}`}`;
}

/** A release of a tag, with the content that one hex digit stands for. */
export function releasedImage(tag: string, digit: string, changed: Places, some: Partial<Release> = {}): Release {
  const source: Source = { image: IMAGE, tag, digest: digest(digit) };
  return {
    release: `01J${tag}`,
    version: tag,
    content: digest(digit),
    rule: imageWith().rule,
    changed,
    root: '',
    source,
    publisher: null,
    summary: '',
    commit: null,
    at: '',
    verdict: null,
    ...some,
  };
}

/** A reference on line 7, which can carry all that it says, unless told otherwise. */
export function referenceTo(
  value: Partial<Value>,
  carries: Reference['carries'] = ['name', 'tag', 'digest'],
): Reference {
  const whole = { name: IMAGE, tag: null, digest: null, ...value };
  return { id: 'Pod//a:image', line: 7, policy: null, image: IMAGE, value: whole, carries };
}
