import type { ImageRule } from '../config/config.ts';
import type { Found } from './find.ts';
import type { Problem, Reference } from './reference.ts';

export interface Matched {
  /** By the rule's name; every rule that was given is there. */
  readonly matched: ReadonlyMap<string, readonly Reference[]>;
  readonly problems: readonly Problem[];
}

/**
 * Which rule each reference of a file belongs to: the one that its marker names, or the one for its image. `rules` are
 * those that cover `path`.
 */
export function referencesOf(path: string, { references }: Found, rules: readonly ImageRule[]): Matched {
  const matched = new Map<string, Reference[]>(rules.map(({ name }) => [name, []]));
  const problems: Problem[] = [];
  for (const reference of references) {
    const { policy, image, line } = reference;
    const own = rules.filter((rule) => (policy === null ? rule.image === image : rule.name === policy));
    const [first, second] = own;
    if (first !== undefined && second === undefined) matched.get(first.name)?.push(reference);
    else if (policy !== null) {
      const message = `${path} is marked for ${policy}, which no rule for this file has as its name.`;
      problems.push({ reason: 'MarkerWithoutPolicy', message, line });
    } else if (second !== undefined) {
      const names = own.map(({ name }) => name);
      const message = `${path} names ${image}, which the rules ${names.join(' and ')} would all set.`;
      problems.push({ reason: 'ReferenceAmbiguous', message, line, rules: names });
    }
  }
  return { matched, problems };
}
