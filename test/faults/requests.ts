import type { Change } from '../../shared/change/change.ts';
import { formatChange } from '../../shared/change/own.ts';
import type { Outcome } from '../../shared/change/verdict.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import { type Effect, type Ferry, startFerry } from '../servers/ferry.ts';
import type { Files } from '../servers/git-repository.ts';
import type { GitServerOptions } from '../servers/git-server.ts';
import { workOff } from './images.ts';

export const IMAGE = 'quay.io/acme/api';

export const digest = (number: number): string => `sha256:${String(number).padStart(64, '0')}`;

/** gitferry.yaml of these tests; what each part says may be something else. */
export const rules = ({
  charts = '{ name: charts, bucket: releases, prefix: charts/, chart: "charts/{name}" }',
  config = '{ name: config, bucket: releases, prefix: config/, files: apps }',
  image = `{ image: ${IMAGE}, name: api, policy: { semver: ">=1.0.0" }, files: ["**/*.yaml"] }`,
} = {}): string => `mirrors:
${[charts, config].map((one) => (one === '' ? '' : `  - ${one}\n`)).join('')}${image === '' ? '' : `images:\n  - ${image}\n`}releases:
  - { name: together, bucket: releases, prefix: together/ }
`;

export const deployment = (image: string, more = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  replicas: 1${more}
  template: { spec: { containers: [{ name: api, image: ${image} }] } }
`;

/** A ferry with these rules, and nothing in the queue. */
export async function withFerry(
  work: (ferry: Ferry) => Promise<void>,
  { config = rules(), files = {}, server = {} }: { config?: string; files?: Files; server?: GitServerOptions } = {},
): Promise<void> {
  const ferry = await startFerry(server, files, config);
  try {
    await work(ferry);
  } finally {
    await ferry.close();
  }
}

/** Uploads, and lets it land. */
export async function drop(ferry: Ferry, key: string, bytes: Uint8Array | string): Promise<Landed> {
  await ferry.put(key, bytes);
  await ferry.tell(key);
  await workOff(ferry);
  return landed(ferry);
}

/** Lets a tag point somewhere, and that land. */
export async function push(ferry: Ferry, tag: string, number: number): Promise<Landed> {
  ferry.images.point(IMAGE, tag, digest(number));
  await ask(ferry, { kind: 'image', image: IMAGE, tag, digest: digest(number) });
  return landed(ferry);
}

/** What was told last to have landed. */
export function landed({ notices }: Ferry): Landed {
  return notices.findLast(({ type }) => type === 'Landed')?.detail as unknown as Landed;
}

export async function ask(ferry: Ferry, ...changes: readonly Change[]): Promise<void> {
  for (const change of changes) await ferry.send(formatChange(change));
  await workOff(ferry);
}

export function verdict(
  { unit, release }: Landed,
  verdict: Outcome,
  message = 'back-off',
  reason = 'PodNotReady',
): Change {
  return { kind: 'verdict', unit, release, verdict, reason, message, hint: '' };
}

export function rollback({ unit, release }: Landed, why = ''): Change {
  return { kind: 'rollback', unit, release, by: 'sam', why };
}

/** What was told since it was last asked, as `Verdict failed`. */
export function told({ notices }: Ferry): string[] {
  return toldOf(notices.splice(0));
}

export function toldOf(notices: readonly Notice[]): string[] {
  return notices.map(({ type, detail }) =>
    [type, detail.verdict ?? detail.reason, detail.reverts ? 'reverts' : undefined]
      .filter((word) => word !== undefined && word !== null)
      .join(' '),
  );
}

export function tip({ server }: Ferry, ref = 'main'): Promise<string> {
  return server.repository.git('rev-parse', ref);
}

export function message({ server }: Ferry, commit = 'main'): Promise<string> {
  return server.repository.git('log', '-1', '--format=%B', commit);
}

/** `mode type oid<tab>path` of one path; empty for nothing. */
export function entry({ server }: Ferry, path: string): Promise<string> {
  return server.repository.git('ls-tree', 'main', path);
}

/** Runs one invocation up to just before or after an effect, and leaves it there for good. Whether it came so far. */
export async function crash(ferry: Ferry, at: Effect, when: 'before' | 'after'): Promise<boolean> {
  const crashed = Promise.withResolvers<true>();
  const ended = ferry.invoke({
    around: async (effect, now) => {
      if (effect !== at || when !== now) return;
      crashed.resolve(true);
      await new Promise(() => {});
    },
  });
  const came = await Promise.race([crashed.promise, ended.then(() => false)]);
  await ferry.returnMessages();
  return came;
}
