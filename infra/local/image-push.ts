import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const TYPES = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
};

/** An archive without files, which any runtime takes for a layer. */
const EMPTY_TAR = Buffer.alloc(1024);

interface Part {
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An image to push: its parts in the order in which a registry wants them. */
export interface Image {
  /** Of what its tag names: the manifest, or the index of several architectures. */
  readonly digest: string;
  readonly blobs: readonly Part[];
  /** Manifests below an index. */
  readonly below: readonly Part[];
  readonly top: Part;
}

/** Where it goes. */
export interface Destination {
  /** `http://127.0.0.1:5055` */
  readonly registry: string;
  readonly repository: string;
  /** The `Authorization` header. */
  readonly authorization?: string;
}

function part(mediaType: string, content: Buffer | object): Part {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  return { mediaType, bytes, digest: sha256(bytes) };
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function described({ mediaType, digest, bytes }: Part): object {
  return { mediaType, digest, size: bytes.length };
}

/** A minimal OCI image that holds no file; other labels make another digest. More than one architecture makes an index. */
export function minimalImage(
  labels: Readonly<Record<string, string>>,
  architectures: readonly string[] = ['amd64'],
): Image {
  const layer = part(TYPES.layer, gzipSync(EMPTY_TAR));
  const images = architectures.map((architecture) => {
    const config = part(TYPES.config, {
      architecture,
      os: 'linux',
      config: { Labels: labels },
      rootfs: { type: 'layers', diff_ids: [sha256(EMPTY_TAR)] },
    });
    const manifest = part(TYPES.manifest, {
      schemaVersion: 2,
      mediaType: TYPES.manifest,
      config: described(config),
      layers: [described(layer)],
    });
    return { architecture, config, manifest };
  });
  const blobs = [layer, ...images.map(({ config }) => config)];
  const [first] = images;
  if (first !== undefined && images.length === 1)
    return { digest: first.manifest.digest, blobs, below: [], top: first.manifest };
  const top = part(TYPES.index, {
    schemaVersion: 2,
    mediaType: TYPES.index,
    manifests: images.map(({ architecture, manifest }) => ({
      ...described(manifest),
      platform: { architecture, os: 'linux' },
    })),
  });
  return { digest: top.digest, blobs, below: images.map(({ manifest }) => manifest), top };
}

/** Pushes all of an image under a tag, as `docker push` does; answers its digest. */
export async function pushImage(to: Destination, image: Image, tag: string): Promise<string> {
  await pushBlobs(to, image);
  await pushManifests(to, image, tag);
  return image.digest;
}

/** What can be there beforehand: nobody hears of blobs. */
export async function pushBlobs(to: Destination, { blobs }: Image): Promise<void> {
  for (const { digest, bytes } of blobs) {
    const opened = await ask(to, 'POST', 'blobs/uploads/', {});
    const upload = new URL(opened.headers.get('location') ?? '', opened.url);
    upload.searchParams.set('digest', digest);
    await ask(to, 'PUT', upload, { 'content-type': 'application/octet-stream' }, bytes);
  }
}

/** The last step of a push: the image is there when it ends. */
export async function pushManifests(to: Destination, { below, top }: Image, tag: string): Promise<void> {
  for (const { digest, mediaType, bytes } of below)
    await ask(to, 'PUT', `manifests/${digest}`, { 'content-type': mediaType }, bytes);
  await ask(to, 'PUT', `manifests/${tag}`, { 'content-type': top.mediaType }, top.bytes);
}

async function ask(
  { registry, repository, authorization }: Destination,
  method: string,
  where: string | URL,
  headers: Readonly<Record<string, string>>,
  body?: Buffer,
): Promise<Response> {
  const url = typeof where === 'string' ? new URL(`/v2/${repository}/${where}`, registry) : where;
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  const text = await answer.text();
  if (answer.ok) return answer;
  throw new Error(`The registry answered ${method} ${url.pathname} with ${answer.status}: ${text.slice(0, 200)}`);
}
