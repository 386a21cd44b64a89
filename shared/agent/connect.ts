import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { Rejected } from '../errors.ts';
import type { Cluster, KubeObject, ObjectRef, Within } from './cluster.ts';
import { type Asked, faultOfRefusal, refusedApply, tooLarge, unexpected } from './fault.ts';
import { readObject, readPage } from './object.ts';
import { type ApiRequest, type Reply, type RequestLimits, type Send, sender } from './request.ts';
import { groupPath, knownResource, type Resource, readResources, segment } from './resource.ts';

/** Objects of a page. */
const PAGE = 500;
const MOST_PAGES = 1000;
const MiB = 2 ** 20;
/** No single object is larger than etcd takes, which is 1.5 MiB; some more for how it is written. */
const OBJECT = 8 * MiB;
const LIST = 64 * MiB;
/** Milliseconds after which a kind that was not known is asked for again. */
const FRESH = 600_000;

export interface ConnectOptions extends RequestLimits {
  /** Bytes of a whole list; 64 MiB unless it says so. */
  readonly largest?: number;
  /** Which file of infra/cluster gives the rights that are missed: that is what a refusal says. */
  readonly rights?: 'nudge' | 'verify';
}

/**
 * The cluster of a kubeconfig's present context, under the name that people call it by.
 * @throws Stalled KubeConfigUnusable
 */
export function connectCluster(kubeConfig: KubeConfig, name: string, options: ConnectOptions = {}): Cluster {
  const send = sender(kubeConfig, name, options);
  return new Connection(name, send, options);
}

class Connection implements Cluster {
  readonly name: string;
  readonly #send: Send;
  readonly #largest: number;
  readonly #rights: string;
  readonly #groups = new Map<string, { readonly until: number; readonly kinds: ReadonlyMap<string, Resource> }>();

  constructor(name: string, send: Send, options: ConnectOptions) {
    this.name = name;
    this.#send = send;
    this.#largest = options.largest ?? LIST;
    this.#rights = options.rights ?? 'verify';
  }

  async get(ref: ObjectRef): Promise<KubeObject | null> {
    const path = await this.#pathOf(ref);
    if (path === null) return null;
    const deed = `get the ${ref.kind}`;
    const reply = await this.#send({ method: 'GET', path, limit: OBJECT, deed });
    if (reply.status === 404) return null;
    return this.#object(this.#content(reply, deed), ref);
  }

  async list(apiVersion: string, kind: string, within: Within = {}): Promise<readonly KubeObject[]> {
    const path = await this.#collection(apiVersion, kind, within.namespace ?? null);
    if (path === null) return [];
    const deed = `list each ${kind}`;
    const pages = (): Promise<readonly unknown[] | null> => this.#pages(path, within.labels, deed);
    // The server forgot what the pages were to go on with: once more from the first.
    const items = (await pages()) ?? (await pages());
    if (items === null) throw faultOfRefusal({ status: 410, headers: {}, body: '' }, this.#asked(deed));
    return items.flatMap((item) => readObject(item, apiVersion, kind) ?? []);
  }

  /** Null when the server does not know any more where it was. */
  async #pages(path: string, labels: string | undefined, deed: string): Promise<readonly unknown[] | null> {
    const items: unknown[] = [];
    let left = this.#largest;
    let next: string | null = null;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (labels !== undefined) query.set('labelSelector', labels);
      if (next !== null) query.set('continue', next);
      const reply = await this.#send({ method: 'GET', path: `${path}?${query}`, limit: left, deed });
      if (reply.status === 404) return [];
      if (reply.status === 410 && next !== null) return null;
      const page = readPage(this.#content(reply, deed));
      if (page === null) throw unexpected(this.name, 'something that is no list');
      // Not one by one into an argument list: a page is as long as the server likes.
      for (const item of page.items) items.push(item);
      left -= Buffer.byteLength(reply.body);
      if (page.next === null) return items;
      if (left <= 0) break;
      next = page.next;
    }
    throw tooLarge(this.name, deed, this.#largest);
  }

  async annotate(object: KubeObject, annotations: Readonly<Record<string, string>>): Promise<boolean> {
    const { namespace = null, name, resourceVersion } = object.metadata;
    const path = await this.#pathOf({ apiVersion: object.apiVersion, kind: object.kind, namespace, name });
    if (path === null) return false;
    const version = resourceVersion === undefined ? {} : { resourceVersion };
    const deed = `annotate the ${object.kind} ${name}`;
    const reply = await this.#send({
      method: 'PATCH',
      path: `${path}?fieldManager=gitferry`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { ...version, annotations } },
      limit: OBJECT,
      deed,
    });
    if (reply.status === 404 || reply.status === 409) return false;
    this.#content(reply, deed);
    return true;
  }

  async dryRun(object: KubeObject, manager: string): Promise<KubeObject> {
    const { metadata, status: _, ...rest } = object;
    const { namespace = null, name, labels, annotations } = metadata;
    const ref = { apiVersion: object.apiVersion, kind: object.kind, namespace, name };
    const path = await this.#pathOf(ref);
    if (path === null)
      throw new Rejected('ApplyRefused', `${this.name} does not serve ${object.kind} of ${object.apiVersion}.`);
    const deed = `try what applying the ${object.kind} ${name} would change`;
    const query = new URLSearchParams({ dryRun: 'All', force: 'true', fieldManager: manager });
    const request: ApiRequest = {
      method: 'PATCH',
      path: `${path}?${query}`,
      contentType: 'application/apply-patch+yaml',
      body: { ...rest, metadata: { name, ...(namespace === null ? {} : { namespace }), labels, annotations } },
      limit: OBJECT,
      deed,
    };
    const reply = await this.#send(request);
    const asked = { ...this.#asked(deed), rights: 'drift' };
    if (reply.status !== 200 && reply.status !== 201) throw refusedApply(reply, asked) ?? faultOfRefusal(reply, asked);
    return this.#object(this.#content(reply, deed), ref);
  }

  #asked(deed: string): Asked {
    return { cluster: this.name, rights: this.#rights, deed };
  }

  #content(reply: Reply, deed: string): unknown {
    if (reply.status !== 200 && reply.status !== 201) throw faultOfRefusal(reply, this.#asked(deed));
    try {
      return JSON.parse(reply.body);
    } catch {
      throw unexpected(this.name, 'something that is no JSON');
    }
  }

  #object(value: unknown, { apiVersion, kind }: ObjectRef): KubeObject {
    const object = readObject(value, apiVersion, kind);
    if (object === null) throw unexpected(this.name, 'something that is no object');
    return object;
  }

  async #pathOf({ apiVersion, kind, namespace, name }: ObjectRef): Promise<string | null> {
    const collection = await this.#collection(apiVersion, kind, namespace);
    const last = segment(name);
    return collection === null || last === null ? null : `${collection}/${last}`;
  }

  /** Null when the kind is not served, or the names lead elsewhere. */
  async #collection(apiVersion: string, kind: string, namespace: string | null): Promise<string | null> {
    const group = groupPath(apiVersion);
    const resource = group === null ? null : (knownResource(apiVersion, kind) ?? (await this.#discover(group, kind)));
    if (group === null || resource === null) return null;
    if (!resource.namespaced || namespace === null) return `${group}/${resource.name}`;
    const folder = segment(namespace);
    return folder === null ? null : `${group}/namespaces/${folder}/${resource.name}`;
  }

  async #discover(group: string, kind: string): Promise<Resource | null> {
    const known = this.#groups.get(group);
    if (known !== undefined && known.until > Date.now()) return known.kinds.get(kind) ?? null;
    const deed = `ask what ${group} serves`;
    const reply = await this.#send({ method: 'GET', path: group, limit: OBJECT, deed });
    const kinds = reply.status === 404 ? new Map<string, Resource>() : readResources(this.#content(reply, deed));
    this.#groups.set(group, { until: Date.now() + FRESH, kinds });
    return kinds.get(kind) ?? null;
  }
}
