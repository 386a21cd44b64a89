import { DescribeClusterCommand, type EKSClient } from '@aws-sdk/client-eks';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { SignatureV4 } from '@smithy/signature-v4';
import { Retryable, Stalled } from '../errors.ts';

/** Seconds for which the signed request counts; the token made of it is taken for some minutes longer. */
const EXPIRES = 60;
/** Milliseconds after which a new one is made. */
const RENEW = 50_000;

/**
 * The token that EKS knows a role by: a signed request to STS, that asks who signs it, for this cluster alone
 * (https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html). `now` in milliseconds.
 */
export function eksToken(client: EKSClient, name: string, now: () => number): () => Promise<string> {
  let known: { readonly token: Promise<string>; readonly until: number } | null = null;
  return () => {
    if (known === null || now() >= known.until) {
      const made = { token: sign(client, name, new Date(now())), until: now() + RENEW };
      known = made;
      made.token.catch(() => {
        if (known === made) known = null;
      });
    }
    return known.token;
  };
}

async function sign(client: EKSClient, name: string, signingDate: Date): Promise<string> {
  const region = await client.config.region();
  const { credentials, sha256 } = client.config;
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256 });
  const hostname = `sts.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, 'x-k8s-aws-id': name },
    },
    { expiresIn: EXPIRES, signingDate },
  );
  const search = Object.entries(query).map(([key, value]) => `${encode(key)}=${encode(String(value))}`);
  const url = `https://${hostname}/?${search.join('&')}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
}

/** As the signature was made over it. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/gu, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The address and authority of an EKS cluster, with the token of the function's role.
 * @throws Stalled EksClusterUnreadable when it is not there or the role may not see it, Retryable EksUnavailable
 */
export async function eksKubeConfig(client: EKSClient, name: string, now: () => number): Promise<KubeConfig> {
  const answer = await client.send(new DescribeClusterCommand({ name })).catch((cause: unknown) => {
    throw faultOf(cause, name);
  });
  const { endpoint, certificateAuthority, status } = answer.cluster ?? {};
  if (!endpoint || !certificateAuthority?.data)
    throw new Retryable(
      'EksUnavailable',
      `EKS knows no address of the cluster ${name} yet (${status ?? 'no status'}).`,
      {
        hint: 'It will be tried again.',
        facts: { cluster: name },
      },
    );
  const token = eksToken(client, name, now);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name, server: endpoint, caData: certificateAuthority.data, skipTLSVerify: false },
    { name, authProvider: { name: PROVIDER } },
  );
  kubeConfig.addAuthenticator({
    isAuthProvider: ({ authProvider }) => authProvider?.name === PROVIDER,
    async applyAuthentication(_user, options) {
      options.headers = { ...options.headers, Authorization: `Bearer ${await token().catch(unsigned)}` };
    },
  });
  return kubeConfig;
}

const PROVIDER = 'gitferry-eks';

/** The function's own credentials come from where it runs. Their words may hold an address, never a key. */
function unsigned(cause: unknown): never {
  throw new Retryable('EksUnavailable', 'No token for EKS could be signed: there are no AWS credentials now.', {
    hint: 'It will be tried again. Check the credentials of the function’s role.',
    cause,
  });
}

function faultOf(cause: unknown, name: string): Retryable | Stalled {
  const { name: code = '', $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  if (status >= 400 && status < 500 && status !== 408 && status !== 429 && !/throttl|TooManyRequests/iu.test(code))
    return new Stalled('EksClusterUnreadable', `EKS does not show the cluster ${name} (${code}).`, {
      hint: 'Check its name and region in GITFERRY_CLUSTERS, and let the function’s role do eks:DescribeCluster on it.',
      facts: { cluster: name },
      cause,
    });
  return new Retryable('EksUnavailable', `EKS did not answer for the cluster ${name}.`, {
    hint: 'It will be tried again.',
    facts: { cluster: name },
    cause,
  });
}
