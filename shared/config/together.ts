import type { Finding } from './fault.ts';
import { imageRuleName } from './image-rules.ts';
import type { ImageShape } from './image-schema.ts';
import type { ReleaseShape } from './release-schema.ts';
import { bucketRuleName, checkPlaces } from './rules.ts';
import type { MirrorShape } from './schema.ts';
import type { Written } from './written.ts';

/** All rules of the file, as far as they can be read. */
export interface Rules {
  readonly mirrors: readonly Written<MirrorShape>[];
  readonly images: readonly Written<ImageShape>[];
  readonly releases: readonly Written<ReleaseShape>[];
}

/** What the rules contradict each other in: names, places and prefixes. */
export function checkTogether(rules: Rules): readonly Finding[] {
  return [...checkNames(rules), ...checkPlaces(rules.mirrors), ...checkPrefixes(rules)];
}

function checkNames({ mirrors, images, releases }: Rules): readonly Finding[] {
  const findings: Finding[] = [];
  const names = new Set<string>();
  const check = (path: Finding['path'], name: string | null): void => {
    if (name === null) return;
    const message = `Another rule is called ${name}: give this one a name.`;
    if (names.has(name)) findings.push({ path, at: 'value', reason: 'NameTaken', message });
    names.add(name);
  };
  for (const rule of [...mirrors, ...releases]) check(rule.path, bucketRuleName(rule));
  for (const rule of images) check(rule.path, imageRuleName(rule));
  return findings;
}

/** Release files are nobody's content: no mirror may cover them, and no two rules the same of them. */
function checkPrefixes({ mirrors, releases }: Rules): readonly Finding[] {
  const findings: Finding[] = [];
  const taken: (Written<MirrorShape> | Written<ReleaseShape>)[] = [...mirrors];
  for (const release of releases) {
    const other = taken.find((rule) => overlaps(rule.sound, release.sound));
    if (other !== undefined) {
      const which =
        `${mirrors.some((mirror) => mirror === other) ? 'mirror' : 'rule'} ${bucketRuleName(other) ?? ''}`.trim();
      const message = `The prefix overlaps that of the ${which}: give release files a prefix of their own.`;
      findings.push({ path: [...release.path, 'prefix'], at: 'value', reason: 'PrefixesOverlap', message });
    }
    taken.push(release);
  }
  return findings;
}

type Spot = Partial<Pick<MirrorShape, 'bucket' | 'prefix'>>;

function overlaps(one: Spot, other: Spot): boolean {
  if (one.bucket === undefined || one.bucket !== other.bucket) return false;
  const [a, b] = [one.prefix, other.prefix];
  return a !== undefined && b !== undefined && (a.startsWith(b) || b.startsWith(a));
}
