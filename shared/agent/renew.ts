import { Stalled } from '../errors.ts';
import type { Cluster } from './cluster.ts';

/** What newer credentials, or a newer authority, may cure. */
const CURABLE: ReadonlySet<string> = new Set(['ClusterUnauthorized', 'CertificateRefused']);

/** A cluster that is connected when it is first asked, and once more when it refuses who asks. */
export function renewed(name: string, connect: () => Promise<Cluster>): Cluster {
  let known: Promise<Cluster> | null = null;

  function connecting(): Promise<Cluster> {
    const now = connect();
    known = now;
    // What failed is tried again by the next that asks.
    now.catch(() => {
      if (known === now) known = null;
    });
    return now;
  }

  async function ask<T>(deed: (cluster: Cluster) => Promise<T>): Promise<T> {
    const used = known ?? connecting();
    const cluster = await used;
    try {
      return await deed(cluster);
    } catch (error) {
      if (!(error instanceof Stalled && CURABLE.has(error.reason))) throw error;
      // Of those that were refused at once, one connects for all.
      return deed(await (known === used || known === null ? connecting() : known));
    }
  }

  return {
    name,
    get: (ref) => ask((cluster) => cluster.get(ref)),
    list: (apiVersion, kind, within) => ask((cluster) => cluster.list(apiVersion, kind, within)),
    annotate: (object, annotations) => ask((cluster) => cluster.annotate(object, annotations)),
    dryRun: (object, manager) => ask((cluster) => cluster.dryRun(object, manager)),
  };
}
