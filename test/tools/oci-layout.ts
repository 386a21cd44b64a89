import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../infra/local/image-push.ts';

/** Writes an image as a folder that skopeo takes by `oci:<folder>`. */
export async function writeLayout(folder: string, { blobs, below, top }: Image): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  for (const { digest, bytes } of [...blobs, ...below, top])
    await writeFile(join(folder, 'blobs', digest.replace(':', '/')), bytes);
  const { mediaType, digest, bytes } = top;
  const manifests = [{ mediaType, digest, size: bytes.length }];
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}
