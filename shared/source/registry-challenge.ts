/** How a registry wants to be asked: by name and password, or by a token that is to be had at `realm`. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      readonly realm: string;
      readonly service: string | null;
      readonly scope: string | null;
    };

/** A parameter `name="value"`, or a scheme's name; either may follow a comma. */
const PART = /[\s,]*([!#$%&'*+.^`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*)))?/guy;

/** Reads `WWW-Authenticate`, which may hold several; null for none of these. A token is preferred. */
export function parseChallenge(header: string | undefined): Challenge | null {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  for (const [, name = '', quoted, bare] of (header ?? '').matchAll(PART)) {
    const value = quoted?.replaceAll(/\\(.)/gu, '$1') ?? bare;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm');
    if (scheme === 'bearer' && realm !== undefined)
      return { scheme, realm, service: parameters.get('service') ?? null, scope: parameters.get('scope') ?? null };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : null;
}
