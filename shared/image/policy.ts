/** Which tags of an image are wanted, in Flux's meaning. */
export type Policy =
  | { readonly kind: 'semver'; readonly range: string; readonly filter: Filter | null }
  | { readonly kind: 'numerical' | 'alphabetical'; readonly order: 'asc' | 'desc'; readonly filter: Filter | null }
  /** One moving tag; what it points to is what is wanted. */
  | { readonly kind: 'digest'; readonly tag: string };

/** Only tags that match are looked at, and if `extract` is there, they are compared by what it makes of them. RE2's syntax. */
export interface Filter {
  readonly pattern: string;
  readonly extract: string | null;
}
