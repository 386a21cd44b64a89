import { compileFilter } from '../image/filter.ts';
import { parseImage } from '../image/image.ts';
import { type Finding, formatPath } from './fault.ts';
import { policies, policyName } from './image.ts';
import type { ImageShape } from './image-schema.ts';
import type { Written } from './written.ts';

/** What one image's keys contradict each other in. */
export function checkImage({ keys, sound, raw, path }: Written<ImageShape>): readonly Finding[] {
  const findings: Finding[] = [];
  const find = (keyPath: readonly string[], at: Finding['at'], reason: string, message: string): void => {
    findings.push({ path: [...path, ...keyPath], at, reason, message });
  };
  const [first, second] = Object.keys(asMap(raw.policy)).filter((key) => policies.some((kind) => kind === key));
  if (keys.has('policy') && first === undefined && isMap(raw.policy))
    find(['policy'], 'key', 'PolicyMissing', `The policy has none of ${policies.join(', ')}: say which tag is wanted.`);
  if (second !== undefined)
    find(
      ['policy', second],
      'key',
      'PolicyTwice',
      `The policy says both ${first} and ${second}: take one, or make two images of it.`,
    );
  if (first === 'digest' && second === undefined) {
    if (keys.has('filterTags'))
      find(['filterTags'], 'key', 'KeyContradicts', 'filterTags is about several tags, and this policy follows one.');
    if (sound.pin === 'tag')
      find(
        ['pin'],
        'key',
        'KeyContradicts',
        'pin says to write the tag alone, and this policy’s never changes: pin the digest.',
      );
  }
  if (sound.filterTags !== undefined) {
    const { pattern, extract = null } = sound.filterTags;
    const fault = compileFilter({ pattern, extract });
    if (typeof fault !== 'function' && fault.key === 'extract')
      find(
        ['filterTags', 'extract'],
        'value',
        'ValueInvalid',
        `${formatPath([...path, 'filterTags', 'extract'])} ${fault.message}`,
      );
  }
  return findings;
}

/** Null when what names it is itself at fault. */
export function imageRuleName({ keys, sound }: Written<ImageShape>): string | null {
  const image = sound.image === undefined ? null : parseImage(sound.image);
  if (keys.has('name') ? sound.name === undefined : image === null) return null;
  return policyName(sound.name, image?.image ?? '');
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asMap(value: unknown): object {
  return isMap(value) ? value : {};
}
