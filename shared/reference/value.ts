import type { Reference, Target, Value } from './reference.ts';

/** `name:tag@digest`, with just the parts that the value has. */
export function renderValue({ name, tag, digest }: Value): string {
  const before = [name, tag].filter((part) => part !== null).join(':');
  return [before, digest].filter((part) => part !== null && part !== '').join('@');
}

export function sameValue(one: Value, other: Value): boolean {
  return one.name === other.name && one.tag === other.tag && one.digest === other.digest;
}

/**
 * What the reference would hold if it named the target, as far as it can carry it. Where only a digest stands and none
 * is wanted it stays, since without it nothing would be named; Flux's `:digest` markers are emptied then, as by Flux.
 */
export function valueFor({ carries, value, policy }: Reference, { name, tag, digest }: Target): Value {
  const alone = policy === null && !carries.includes('tag');
  return {
    name: carries.includes('name') ? name : value.name,
    tag: carries.includes('tag') ? tag : value.tag,
    digest: carries.includes('digest') && !(alone && digest === null) ? digest : value.digest,
  };
}
