import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { parse } from 'yaml';
import * as z from 'zod';
import { Stalled } from '../errors.ts';

/** Characters. A kubeconfig holds a few certificates. */
const LONGEST = 2 ** 20;

const text = z.string().min(1);
const shape = z.object({
  'current-context': text,
  contexts: z.array(z.object({ name: text, context: z.object({ cluster: text, user: text }) })),
  clusters: z.array(z.object({ name: text, cluster: z.record(z.string(), z.unknown()) })),
  users: z.array(z.object({ name: text, user: z.record(z.string(), z.unknown()).nullish() })),
});
// What is not named here would be left out silently, or run, or read: so it is refused.
const cluster = z.strictObject({
  server: z.string(),
  'certificate-authority-data': text.optional(),
  'certificate-authority': text.optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': text.optional(),
  'disable-compression': z.boolean().optional(),
  extensions: z.unknown().optional(),
});
const user = z.strictObject({
  token: z
    .string()
    .regex(/^[\x21-\x7e]+$/u)
    .optional(),
  'client-certificate-data': text.optional(),
  'client-key-data': text.optional(),
  tokenFile: text.optional(),
  'client-certificate': text.optional(),
  'client-key': text.optional(),
  extensions: z.unknown().optional(),
});

/** Reads the file that a key names. */
type ReadFile = (path: string) => Promise<Buffer>;

/**
 * A kubeconfig out of a secret: its present context alone, with all that it needs inside. It can neither start a program
 * nor name a file.
 * @throws Stalled KubeConfigUnusable, which repeats no more of it than names of its keys
 */
export function parseKubeConfig(content: string, name: string): Promise<KubeConfig> {
  return read(content, name, null);
}

/**
 * A kubeconfig that lies at that path; the files that it names are beside it.
 * @throws Stalled KubeConfigUnusable
 */
export async function readKubeConfig(path: string, name: string): Promise<KubeConfig> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unusable(name, `can’t be read (${(cause as NodeJS.ErrnoException).code ?? 'no code'})`, 'Check its path.');
  });
  return read(content, name, (file) => readFile(resolve(dirname(path), file)));
}

async function read(content: string, name: string, files: ReadFile | null): Promise<KubeConfig> {
  const { data } = shape.safeParse(parsed(content, name));
  if (data === undefined) throw unusable(name, 'is no kubeconfig with a current-context', EXAMPLE);
  const context = data.contexts.find((one) => one.name === data['current-context'])?.context;
  const itsCluster = data.clusters.find((one) => one.name === context?.cluster)?.cluster;
  const itsUser = data.users.find((one) => one.name === context?.user)?.user;
  if (itsCluster === undefined || itsUser === undefined || itsUser === null)
    throw unusable(name, 'lacks the cluster or the user of its current-context', EXAMPLE);
  const server = known(cluster, itsCluster, name);
  const by = known(user, itsUser, name);
  const inline = (key: string, value: string | undefined, file: string | undefined): Promise<string | undefined> =>
    base64(name, key, value, file, files);
  const caData = await inline(
    'certificate-authority',
    server['certificate-authority-data'],
    server['certificate-authority'],
  );
  const certData = await inline('client-certificate', by['client-certificate-data'], by['client-certificate']);
  const keyData = await inline('client-key', by['client-key-data'], by['client-key']);
  const token = by.token ?? (await inline('tokenFile', undefined, by.tokenFile).then(decoded));
  if (token === undefined && (certData === undefined || keyData === undefined))
    throw unusable(name, 'has neither a token nor a client certificate with its key', EXAMPLE);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    {
      name,
      server: server.server,
      skipTLSVerify: server['insecure-skip-tls-verify'] ?? false,
      ...(caData === undefined ? {} : { caData }),
      ...(server['tls-server-name'] === undefined ? {} : { tlsServerName: server['tls-server-name'] }),
    },
    {
      name,
      ...(token === undefined ? {} : { token }),
      ...(certData === undefined || keyData === undefined ? {} : { certData, keyData }),
    },
  );
  return kubeConfig;
}

function parsed(content: string, name: string): unknown {
  if (content.length > LONGEST) throw unusable(name, 'is larger than 1 MiB', 'Keep only what one cluster needs.');
  try {
    return parse(content, { maxAliasCount: 0 });
  } catch {
    // Its own words would repeat what stands there.
    throw unusable(name, 'is no YAML', EXAMPLE);
  }
}

function known<T extends z.ZodType>(schema: T, value: unknown, name: string): z.output<T> {
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys : [String(issue?.path[0] ?? 'something')];
  throw unusable(name, `can’t be used with ${keys.join(', ').slice(0, 200)}`, EXAMPLE);
}

/** As kubeconfigs hold it: base64. */
async function base64(
  name: string,
  key: string,
  value: string | undefined,
  file: string | undefined,
  files: ReadFile | null,
): Promise<string | undefined> {
  if (value !== undefined) return value;
  if (file === undefined) return undefined;
  if (files === null) throw unusable(name, `names a file (${key})`, EXAMPLE);
  const content = await files(file).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'no code';
    throw unusable(name, `names a file that can’t be read (${key}, ${code})`, 'Check the paths in it.');
  });
  return content.toString('base64');
}

function decoded(value: string | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8').trim();
}

const EXAMPLE =
  'Give a server, certificate-authority-data, and a token or client-certificate-data with client-key-data; programs (exec, auth-provider) are not run. docs/clusters.md shows one.';

function unusable(name: string, what: string, hint: string): Stalled {
  return new Stalled('KubeConfigUnusable', `The kubeconfig of ${name} ${what}.`, { hint, facts: { cluster: name } });
}
