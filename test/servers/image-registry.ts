import { minimalImage } from '../../infra/local/image-push.ts';
import { type Asked, type Canned, type FakeRegistry, fakeRegistry } from './fake-registry.ts';

/** Answers instead of a working registry; undefined lets that answer, null resets the connection. */
export type Trouble = (asked: Asked) => Canned | null | undefined | Promise<never>;

/** A registry on 127.0.0.1 that holds what was pushed to it, and does wrong where it is told to. */
export interface ImageRegistry extends FakeRegistry {
  /** Lets a tag of a repository point to an image of this content; returns its digest. */
  push(repository: string, tag: string, content?: string): string;
  remove(repository: string, tag: string): void;
  /** What goes wrong with a repository from now on; null for nothing. */
  fail(repository: string, trouble: Trouble | null): void;
}

interface Held {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** The digest of an image that `push` makes. */
export function digestOfPush(repository: string, tag: string, content = tag): string {
  return minimalImage({ repository, content }).digest;
}

const PATH = /^\/v2\/(.+)\/(?:tags\/list|manifests\/([^/?]+))(?:\?.*)?$/u;

export async function imageRegistry(): Promise<ImageRegistry> {
  const tags = new Map<string, Map<string, Held>>();
  const troubles = new Map<string, Trouble>();

  const answer = (asked: Asked): Canned | null | Promise<never> => {
    const [, repository = '', name] = PATH.exec(asked.path) ?? [];
    const trouble = troubles.get(repository)?.(asked);
    if (trouble !== undefined) return trouble;
    const held = tags.get(repository);
    if (held === undefined) return { status: 404, body: '{}' };
    if (name === undefined) return { body: JSON.stringify({ name: repository, tags: [...held.keys()] }) };
    const found = held.get(name) ?? [...held.values()].find(({ digest }) => digest === name);
    if (found === undefined) return { status: 404, body: '{}' };
    const { digest, mediaType, bytes } = found;
    const headers = { 'content-type': mediaType, 'docker-content-digest': digest };
    return asked.method === 'HEAD' ? { headers } : { headers, body: bytes };
  };

  const registry = await fakeRegistry(answer);
  return {
    ...registry,
    get connections() {
      return registry.connections;
    },
    push(repository, tag, content = tag) {
      const { digest, top } = minimalImage({ repository, content });
      const held = tags.get(repository) ?? new Map<string, Held>();
      tags.set(repository, held.set(tag, { digest, mediaType: top.mediaType, bytes: top.bytes }));
      return digest;
    },
    remove(repository, tag) {
      tags.get(repository)?.delete(tag);
    },
    fail(repository, trouble) {
      if (trouble === null) troubles.delete(repository);
      else troubles.set(repository, trouble);
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
