import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const OCI = 'application/vnd.oci.image';

/** Writes an image as an OCI layout that skopeo takes by `oci:<folder>`: one with a file in it for each architecture. */
export async function writeLayout(
  folder: string,
  text: string,
  architectures = ['amd64'],
): Promise<{ digest: string }> {
  const blobs = join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (mediaType: string, value: object) => put(mediaType, Buffer.from(JSON.stringify(value)));

  const image = async (architecture: string) => {
    const archive = pack();
    archive.entry({ name: 'hello', mtime: new Date(0) }, `${text} for ${architecture}\n`);
    archive.finalize();
    const tar = await buffer(archive);
    const layer = await put(`${OCI}.layer.v1.tar+gzip`, gzipSync(tar));
    const diff = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
    const platform = { architecture, os: 'linux' };
    const config = await json(`${OCI}.config.v1+json`, { ...platform, rootfs: { type: 'layers', diff_ids: [diff] } });
    const manifest = { schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config, layers: [layer] };
    return { ...(await json(manifest.mediaType, manifest)), platform };
  };

  const images = await Promise.all(architectures.map(image));
  const index = { schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests: images };
  const [only] = images;
  const root = images.length === 1 && only !== undefined ? only : await json(index.mediaType, index);
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }));
  return { digest: root.digest };
}
