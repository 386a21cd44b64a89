import { type FerryError, Retryable, Stalled } from '../errors.ts';
import { isRefusedAddress } from '../http/agent.ts';
import { certificateFault, codeOf, retryAfter } from '../http/fault.ts';
import { partsOf } from '../image/image.ts';
import { addressRefused } from './registry-address.ts';

const AGAIN = 'It will be tried again.';

/** What a broken connection means; `late` when the time has ended. */
export function faultOfConnection(error: unknown, late: boolean, host: string): FerryError {
  if (late)
    return new Retryable('RegistryUnavailable', `${host} did not answer within the time that was left.`, {
      hint: AGAIN,
      facts: { host, late: true },
    });
  if (isRefusedAddress(error)) return addressRefused(host);
  const code = codeOf(error);
  const certificate = certificateFault(code, host);
  if (certificate !== null) return certificate;
  return new Retryable('RegistryUnavailable', `The connection to ${host} failed (${code || 'no code'}).`, {
    hint: AGAIN,
    facts: { host, code },
  });
}

/** Credentials are missing, wrong, or too narrow; many registries say the same of images that aren't there. */
export function denied(image: string, status: number): Stalled {
  const { registry } = partsOf(image);
  return new Stalled('RegistryDenied', `${registry} does not let gitferry read ${image}.`, {
    hint: `Check the image’s name, and set credentials for ${registry} that may pull it in the secret of GITFERRY_REGISTRY_SECRET.`,
    facts: { image, status },
  });
}

/** A page of a proxy, a log-in or a web server instead of an answer. */
export function notARegistry(host: string): Stalled {
  return new Stalled('NotARegistry', `${host} answered with something that no registry answers.`, {
    hint: 'Check the registry’s name, and whether a log-in page or a proxy stands before it.',
    facts: { host },
  });
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly url: URL;
}

function isPage({ headers }: Reply): boolean {
  return /^\s*(?:text\/html|application\/xhtml)/iu.test(headers['content-type'] ?? '');
}

/** What an answer about an image means when it is no content; null for 200 and for a registry's 404. */
export function faultOfReply(reply: Reply, image: string): FerryError | null {
  const { status, headers, url } = reply;
  const { host } = url;
  const after = retryAfter(headers, Date.now());
  if (status === 429 || status === 408 || status >= 500 || (status === 403 && after !== undefined)) {
    return new Retryable('RegistryUnavailable', `${host} answered with status ${status}.`, {
      hint: AGAIN,
      facts: { host, status },
      ...(after === undefined ? {} : { retryAfter: after }),
    });
  }
  if (status === 401 || status === 403) return denied(image, status);
  if ((status === 200 || status === 404) && !isPage(reply)) return null;
  if (isPage(reply)) return notARegistry(host);
  return new Stalled('RegistryAnswerUnexpected', `${host} answered with status ${status}.`, {
    hint: 'Check that the image’s name is that of a registry, and that no proxy stands before it.',
    facts: { host, status },
  });
}
