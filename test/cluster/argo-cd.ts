import { parseAllDocuments } from 'yaml';
import type { GitRepository } from '../servers/git-repository.ts';
import type { Cluster } from './cluster.ts';
import { follow, type Resource } from './follow.ts';
import { pathOf } from './kinds.ts';

const REFRESH = 'argocd.argoproj.io/refresh';

/**
 * Plays Argo CD's application controller, which is too large to be built here: when an Application of the real CRD is
 * refreshed, it applies the YAML of its path as the branch has it, and says so in the status, as far as gitferry reads it.
 */
export function startArgoCd(cluster: Cluster, repository: GitRepository): () => void {
  const stop = new AbortController();
  const reconcile = async ({ metadata, spec }: Resource): Promise<void> => {
    const [namespace, name] = [metadata.namespace ?? '', metadata.name];
    await cluster.patch('Application', namespace, name, { metadata: { annotations: { [REFRESH]: null } } });
    const revision = await repository.git('rev-parse', spec.source.targetRevision);
    const paths = (await repository.git('ls-tree', '--name-only', revision, `${spec.source.path}/`)).split('\n');
    const texts = await Promise.all(paths.map((path) => repository.git('show', `${revision}:${path}`)));
    const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Resource));
    await cluster.apply(objects);
    const resources = objects.map(({ apiVersion, kind, metadata: { namespace: within, name: called } }) => {
      const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
      return { group, version, kind, namespace: within, name: called, status: 'Synced', health: { status: 'Healthy' } };
    });
    const at = new Date().toISOString();
    const comparedTo = { source: spec.source, destination: spec.destination };
    const operation = { sync: { revision } };
    await cluster.patch('Application', namespace, name, {
      status: {
        sync: { status: 'Synced', revision, comparedTo },
        health: { status: 'Healthy' },
        operationState: {
          ...{ phase: 'Succeeded', message: 'successfully synced', operation, startedAt: at, finishedAt: at },
          syncResult: { revision, source: spec.source },
        },
        resources,
        reconciledAt: at,
      },
    });
  };
  const tell = (event: string, application: Resource): void => {
    const isNew = event === 'ADDED' && application.status?.sync === undefined;
    if (event === 'DELETED' || !(isNew || application.metadata.annotations?.[REFRESH] !== undefined)) return;
    reconcile(application).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
  };
  follow(cluster.config, pathOf('Application'), tell, { signal: stop.signal });
  return () => stop.abort();
}
