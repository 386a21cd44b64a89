import assert from 'node:assert/strict';
import { minimalImage } from '../../infra/local/image-push.ts';
import { FerryError } from '../../shared/errors.ts';
import type { Images } from '../../shared/source/images.ts';
import { ociRegistry, type RegistryOptions } from '../../shared/source/registry.ts';
import type { Canned, FakeRegistry } from '../servers/fake-registry.ts';

export const REPOSITORY = 'acme/api';
export const MANIFEST = minimalImage({ name: 'api' });

/** The answer of a registry that works. */
export const served: Canned = {
  headers: { 'content-type': MANIFEST.top.mediaType, 'docker-content-digest': MANIFEST.digest },
  body: MANIFEST.top.bytes,
};

/** A client that may ask these, and the name of the image at the first. */
export function client(
  registries: readonly [FakeRegistry, ...FakeRegistry[]],
  options: RegistryOptions = {},
): { readonly images: Images; readonly image: string } {
  const images = ociRegistry({ privateRegistries: registries.map(({ host }) => host), ...options });
  return { images, image: `${registries[0].host}/${REPOSITORY}` };
}

/** The error that a promise ends with; none of its texts holds any of the secrets. */
export async function failure(promise: Promise<unknown>, secrets: readonly string[] = []): Promise<FerryError> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FerryError)) throw error;
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const { hint, facts } = one as FerryError;
    const told = JSON.stringify([one.message, hint, facts, one.stack]);
    for (const secret of secrets) assert.ok(!told.includes(secret), told);
  }
  return error;
}
