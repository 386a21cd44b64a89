/** What a reference says, read as naively as the simulation's files allow. */
export interface Said {
  readonly image: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const NAMED = /^(\w+):\n {2}image: ([^\s:@]+)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/gmu;
const SPLIT = /^image:\n {2}repository: (\S+)\n {2}tag: "?([^\s"]*)"?$/gmu;

/** The references of a file, by their names in it. */
export function referencesIn(text: string): ReadonlyMap<string, Said> {
  const found = new Map<string, Said>();
  for (const [, name = '', image = '', tag = null, digest = null] of text.matchAll(NAMED))
    found.set(name, { image, tag, digest });
  for (const [, image = '', tag = ''] of text.matchAll(SPLIT)) found.set('image', { image, tag, digest: null });
  return found;
}

/** The file without what its references say of tags and digests. */
export function masked(text: string): string {
  return text.replace(NAMED, '$1:\n  image: $2').replace(SPLIT, 'image:\n  repository: $1');
}

/** The file with what a reference says replaced. */
export function retold(text: string, which: string, said: string): string {
  return text
    .replace(NAMED, (whole, name, image) => (name === which ? `${name}:\n  image: ${image}:${said}` : whole))
    .replace(SPLIT, (whole, image) =>
      which === 'image' ? `image:\n  repository: ${image}\n  tag: "${said.replace(/@.*/u, '')}"` : whole,
    );
}

export function sameSaid(a: Said | undefined, b: Said | undefined): boolean {
  return a?.image === b?.image && a?.tag === b?.tag && a?.digest === b?.digest;
}
