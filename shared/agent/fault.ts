import { type FerryError, Rejected, Retryable, Stalled } from '../errors.ts';
import { certificateFault, codeOf, retryAfter } from '../http/fault.ts';
import { printable } from '../printable.ts';
import { readStatus } from './object.ts';

const AGAIN = 'It will be tried again.';
const LONGEST = 1000;

/** What a broken connection means; `late` when the time has ended. */
export function faultOfConnection(error: unknown, late: boolean, cluster: string): FerryError {
  const facts = { cluster };
  if (late)
    return new Retryable('ClusterUnreachable', `The API server of ${cluster} did not answer in time.`, {
      hint: `${AGAIN} See whether its endpoint can be reached from the function’s network.`,
      facts: { ...facts, late: true },
    });
  const code = codeOf(error);
  const certificate = certificateFault(code, `the API server of ${cluster}`);
  if (certificate !== null) return certificate;
  return new Retryable('ClusterUnreachable', `The connection to ${cluster} failed (${code || 'no code'}).`, {
    hint: `${AGAIN} See whether its endpoint can be reached from the function’s network.`,
    facts: { ...facts, code },
  });
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What was asked for: `infra/cluster/<rights>.yaml` gives the right to it. */
export interface Asked {
  readonly cluster: string;
  readonly rights: string;
  /** `patch a GitRepository`. */
  readonly deed: string;
}

/** What an answer means that is no content. 404, 409 and 410 have a meaning where they are met, and come here otherwise. */
export function faultOfRefusal({ status, headers, body }: Refusal, asked: Asked): FerryError {
  const { cluster, deed } = asked;
  const said = sentenceOf(body);
  const facts = { cluster, status };
  if (status === 401)
    return new Stalled('ClusterUnauthorized', `${cluster} does not know who gitferry is.`, {
      hint: 'Renew the token or certificate of its kubeconfig; on EKS, make an access entry for the function’s role.',
      facts,
    });
  if (status === 403) return forbidden(said, asked);
  if (status === 429) {
    const after = retryAfter(headers, Date.now());
    const about = { hint: AGAIN, facts, ...(after === undefined ? {} : { retryAfter: after }) };
    return new Retryable('ClusterBusy', `${cluster} asked to be left alone for a while.`, about);
  }
  if (status >= 500 || status === 408 || status === 409 || status === 410)
    return new Retryable('ClusterBusy', `${cluster} answered with status ${status}${saying(said)}`, {
      hint: AGAIN,
      facts,
    });
  if (status >= 400 && said !== null)
    return new Stalled('ClusterRefused', `${cluster} refused to ${deed}: ${said}`, {
      hint: 'See which admission policy or webhook refuses it, and let gitferry’s user pass.',
      facts,
    });
  return unexpected(cluster, `status ${status}`);
}

/** Something else than the API answered. */
export function unexpected(cluster: string, what: string): Stalled {
  return new Stalled('ClusterAnswerUnexpected', `${cluster} answered with ${what}, as no API server does.`, {
    hint: 'Check the server’s address, and whether a log-in page or a proxy stands before it.',
    facts: { cluster },
  });
}

/** The answer is larger than what is read. */
export function tooLarge(cluster: string, deed: string, bytes: number): Stalled {
  return new Stalled('ClusterAnswerTooLarge', `${cluster} answered with more than ${bytes} bytes to ${deed}.`, {
    hint: 'See what makes the objects of that kind so many or so large.',
    facts: { cluster, limit: bytes },
  });
}

/** What a server-side apply was refused for: by the object's schema, by admission, by its name. Null: by something else. */
export function refusedApply({ status, body }: Refusal, { cluster }: Asked): Rejected | null {
  const said = sentenceOf(body);
  // What does not fit the schema comes as 500.
  const untyped = status === 500 && /failed to create typed patch object/u.test(said ?? '');
  if (said === null || !(REFUSING.has(status) || untyped)) return null;
  if (status === 403 && RBAC.test(said)) return null;
  return new Rejected('ApplyRefused', `${cluster} would refuse it: ${said}`, { facts: { cluster, status } });
}

const REFUSING: ReadonlySet<number> = new Set([400, 403, 404, 409, 422]);

/** `<resource> is forbidden: User "<user>" cannot <verb> resource "<resource>" in API group "<group>" <where>`. */
const RBAC =
  /User "(?<user>[^"]*)" cannot (?<verb>\w+) resource "(?<resource>[^"]*)" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]*)")?/u;

function forbidden(said: string | null, { cluster, rights, deed }: Asked): Stalled {
  const found = RBAC.exec(said ?? '')?.groups;
  if (found === undefined)
    return new Stalled('ClusterForbidden', `${cluster} does not let gitferry ${deed}${saying(said)}`, {
      hint: `See whether an admission policy refuses it, and whether infra/cluster/${rights}.yaml is applied there.`,
      facts: { cluster, deed },
    });
  const { user = '', verb = '', resource = '', group = '', namespace } = found;
  const what = group === '' ? resource : `${resource}.${group}`;
  const where = namespace === undefined ? 'in all namespaces' : `in the namespace ${namespace}`;
  return new Stalled('ClusterForbidden', `${cluster} does not let ${user} ${verb} ${what} ${where}.`, {
    hint: `Apply infra/cluster/${rights}.yaml there, and map this user to the group gitferry:${rights}.`,
    facts: { cluster, user, verb, resource, group, namespace: namespace ?? null },
  });
}

function sentenceOf(body: string): string | null {
  const message = readStatus(body)?.message;
  return message === undefined ? null : printable(message.slice(0, LONGEST));
}

function saying(said: string | null): string {
  return said === null ? '.' : `: ${said}`;
}
