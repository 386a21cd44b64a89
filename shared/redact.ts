/** Takes what must stay secret out of a text: the given values, their usual encodings, and any `//user:password@`. */
export function redact(text: string, secrets: readonly string[]): string {
  const spellings = secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
    .filter((secret) => secret.length >= 4)
    .sort((a, b) => b.length - a.length);
  return spellings
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    .replaceAll(/\/\/[^/\s@]*@/gu, '//***@');
}

/** What of an `Authorization` header is secret: its token, and the parts of a basic one. */
export function secretsOf(authorization: string): string[] {
  const token = authorization.replace(/^\S+\s+/u, '');
  const decoded = /^basic\s/iu.test(authorization) ? Buffer.from(token, 'base64').toString('utf8') : '';
  const password = decoded.slice(decoded.indexOf(':') + 1);
  return [token, decoded, password].filter((secret) => secret !== '');
}
