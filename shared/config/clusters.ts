import { basename } from 'node:path';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Cluster } from '../agent/cluster.ts';
import { type ConnectOptions, connectCluster } from '../agent/connect.ts';
import { eksKubeConfig } from '../agent/eks.ts';
import { parseKubeConfig, readKubeConfig } from '../agent/kube-config.ts';
import { renewed } from '../agent/renew.ts';
import { readSecret } from '../trust/secret.ts';
import { invalid, type Variables } from './load.ts';

/** Where a cluster's address and credentials are; `name` is unique, and what people call it by. */
export type ClusterAddress =
  | { readonly kind: 'eks'; readonly name: string; readonly cluster: string; readonly region: string | null }
  /** Of two secrets, `<name>/nudge` and `<name>/verify`: each with the kubeconfig of a user of its own. */
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'file'; readonly name: string; readonly path: string };

const EKS = /^eks:([0-9A-Za-z][0-9A-Za-z_-]{0,99})(?:@([a-z]{2}(?:-[a-z]+)+-\d{1,2}))?$/u;
const SECRET = /^secret:([\w/+=.@-]{1,500})$/u;

/** The clusters that the environment names; none is fine. @throws Stalled EnvironmentInvalid */
export function loadClusters(env: Variables): readonly ClusterAddress[] {
  const entries = split(env.GITFERRY_CLUSTERS, ',').map(addressOf);
  const files = split(env.GITFERRY_KUBECONFIG, ':').map((path, _, paths): ClusterAddress => {
    const short = (one: string): string => basename(one).replace(/\.(?:ya?ml|conf|kubeconfig)$/u, '');
    const name = paths.filter((other) => short(other) === short(path)).length > 1 ? path : short(path);
    return { kind: 'file', name, path };
  });
  const all = [...entries, ...files];
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw invalid('GITFERRY_CLUSTERS', `names ${twice.name} twice.`, 'Name each cluster once.');
  return all;
}

function split(value: string | undefined, by: string): readonly string[] {
  return (value ?? '')
    .split(by)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function addressOf(entry: string): ClusterAddress {
  const [, cluster, region = null] = EKS.exec(entry) ?? [];
  if (cluster !== undefined) return { kind: 'eks', name: entry.slice('eks:'.length), cluster, region };
  const [, secret] = SECRET.exec(entry) ?? [];
  if (secret === undefined)
    throw invalid(
      'GITFERRY_CLUSTERS',
      'is no list of clusters.',
      'Write eks:<name>, eks:<name>@<region> or secret:<name>, with commas between.',
    );
  return { kind: 'secret', name: secret };
}

export interface ClustersDeps {
  readonly secrets: SecretsManagerClient;
  /** The client for a region; null is the function's own. */
  readonly eks: (region: string | null) => EKSClient;
  readonly now: () => number;
}

/**
 * The clusters of these addresses. Each connects when it is first asked, and again, with credentials that are read anew,
 * after it refused the ones it had. What one of them throws is its own: EnvironmentInvalid never, but all that reading
 * its credentials may throw.
 */
export function connectClusters(
  addresses: readonly ClusterAddress[],
  { secrets, eks, now }: ClustersDeps,
  options: ConnectOptions & Required<Pick<ConnectOptions, 'rights'>>,
): readonly Cluster[] {
  return addresses.map((address) => {
    const { name } = address;
    const kubeConfig = () => {
      if (address.kind === 'file') return readKubeConfig(address.path, name);
      if (address.kind === 'eks') return eksKubeConfig(eks(address.region), address.cluster, now);
      return readSecret(secrets, `${name}/${options.rights}`).then((text) => parseKubeConfig(text, name));
    };
    return renewed(name, async () => connectCluster(await kubeConfig(), name, options));
  });
}
