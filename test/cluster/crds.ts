import { readFile } from 'node:fs/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Built } from './build.ts';
import { follow, type Resource } from './follow.ts';

const PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function established({ status }: Resource): boolean {
  return status?.conditions?.some(
    (one: { type: string; status: string }) => one.type === 'Established' && one.status === 'True',
  );
}

/** Makes the kinds of all parts known, and waits until the API server serves them. */
export async function installCrds(
  config: KubeConfig,
  parts: readonly Built[],
  kubectl: (args: readonly string[], stdin: string) => Promise<string>,
): Promise<void> {
  const files = await Promise.all(parts.map(({ crds }) => readFile(crds, 'utf8')));
  const crds = files.flatMap((file) => JSON.parse(file) as readonly Resource[]);
  const waiting = new Set(crds.map(({ metadata }) => metadata.name));
  const stop = new AbortController();
  const served = new Promise<void>((resolve) => {
    const tell = (_: string, crd: Resource) => {
      if (established(crd)) waiting.delete(crd.metadata.name);
      if (waiting.size === 0) resolve();
    };
    follow(config, PATH, tell, { signal: stop.signal });
  });
  try {
    // Not by the JavaScript client, which leaves out what it does not know, as `x-kubernetes-int-or-string`.
    const list = { apiVersion: 'v1', kind: 'List', items: crds };
    await kubectl(['create', '--validate=false', '-f', '-'], JSON.stringify(list));
    await served;
  } finally {
    stop.abort();
  }
}
