import { createHash } from 'node:crypto';
import type { Way } from '../../shared/config/nudge.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import { signatureOf } from '../../shared/trust/hmac.ts';

/** What is posted to a way. */
export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a way is told of a landing; a text and its signature, so that whoever gets it knows who says so. */
export function messageFor(way: Way, landed: Landed, now: Date): Message {
  if (way.kind === 'flux-receiver') return fluxReceiver(way, landed);
  return way.kind === 'argo-cd' ? argoCd(way, landed) : webhook(way, landed, now);
}

/** https://fluxcd.io/flux/components/notification/receivers/#generic-hmac. One of type `generic` looks at no signature. */
function fluxReceiver({ url, token }: Extract<Way, { kind: 'flux-receiver' }>, landed: Landed): Message {
  const { repository, branch, commit, release } = landed;
  const body = bytes({ repository, branch, commit, release });
  return { url, headers: { 'content-type': 'application/json', 'x-signature': signatureOf(token, body) }, body };
}

/**
 * As GitHub tells of a push, which is what Argo CD takes from anybody. Without files: with any, Argo CD would leave alone what they
 * are not among, and folders are no files.
 */
function argoCd({ url, secret }: Extract<Way, { kind: 'argo-cd' }>, landed: Landed): Message {
  const { repository, branch, commit } = landed;
  const web = repository.replace(/\/+$/u, '').replace(/\.git$/u, '');
  const body = bytes({
    ref: `refs/heads/${branch}`,
    before: '0'.repeat(40),
    after: commit,
    // So Applications that follow HEAD look, too.
    repository: { html_url: web, clone_url: `${web}.git`, default_branch: branch },
    commits: [],
  });
  const signature: Record<string, string> =
    secret === undefined ? {} : { 'x-hub-signature-256': signatureOf(secret, body) };
  const delivery = { 'x-github-event': 'push', 'x-github-delivery': idOf(landed) };
  return { url, headers: { 'content-type': 'application/json', ...delivery, ...signature }, body };
}

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md. When it is sent is part of what is signed. */
function webhook({ url, secret }: Extract<Way, { kind: 'webhook' }>, landed: Landed, now: Date): Message {
  const body = bytes({
    specversion: '1.0',
    id: idOf(landed),
    source: `gitferry/${landed.deployment}`,
    type: 'dev.gitferry.landed',
    subject: landed.unit,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data: landed,
  });
  const signature: Record<string, string> =
    secret === undefined ? {} : { 'x-gitferry-signature': signatureOf(secret, body) };
  return { url, headers: { 'content-type': 'application/cloudevents+json', ...signature }, body };
}

/** The same each time that this landing is told, in the shape of a UUID. */
function idOf({ release, unit }: Landed): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([release, unit]))
    .digest('hex')
    .slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

function bytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
