import { createHash } from 'node:crypto';
import { tgz } from './archives.ts';
import { digestNamed } from './memory-images.ts';

/** The images that there are, by their canonical names. */
export const API = 'quay.io/acme/api';
export const WEB = 'quay.io/acme/web';

/** What a test calls the content of a push. */
export function contentNamed(image: string, tag: string, content: number): string {
  return `${image}:${tag} ${content}`;
}

/** What an upload may bring: its bytes, and the files that these become below its place; null for what is always rejected. */
export interface Content {
  readonly bytes: Buffer;
  readonly files: Readonly<Record<string, string>> | null;
}

export type Uploads = Readonly<Record<string, readonly Content[]>>;

/** What there is to play with: what may be uploaded, and the images whose tags may move. */
export interface Cast {
  readonly uploads: Uploads;
  /** The tags of each image. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /** What each release file names, by its key and its bytes. */
  readonly releases: Readonly<Record<string, readonly ReleaseFile[]>>;
}

/** A release file: contents of uploads, and of images' tags, that land together. */
export interface ReleaseFile {
  readonly bytes: Buffer;
  readonly objects: readonly { readonly key: string; readonly content: number }[];
  readonly images: readonly { readonly image: string; readonly tag: string; readonly content: number }[];
}

function plain(name: string, ...texts: readonly string[]): Content[] {
  return texts.map((text) => ({ bytes: Buffer.from(text), files: { [name]: text } }));
}

async function bundle(files: Readonly<Record<string, string>>): Promise<Content> {
  return { bytes: await tgz(files), files };
}

async function chart(name: string, version: string, values: string): Promise<Content> {
  const files = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`, 'values.yaml': values };
  const packed = Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text]));
  return { bytes: await tgz(packed), files };
}

const unsound = (text: string): Content => ({ bytes: Buffer.from(text), files: null });

/** Everything that may be uploaded where no images are about: key → the contents it may have. */
const FILES: Uploads = {
  'config/a.yaml': plain('a.yaml', 'one: 1\n', 'two: 2\n', 'three: 3\n'),
  'config/b.yaml': plain('b.yaml', 'x: 1\n', 'x: 2\n'),
  'config/broken.yaml': [unsound('a: [\n'), ...plain('broken.yaml', 'a: 1\n')],
  'config/set.tgz': await Promise.all([
    bundle({ 'p.yaml': 'p: 1\n', 'q.yaml': 'q: 1\n' }),
    bundle({ 'p.yaml': 'p: 2\n', 'q.yaml': 'q: 1\n' }),
    bundle({ 'p.yaml': 'p: 2\n', 'r.yaml': 'r: 1\n' }),
    bundle({ 'p.yaml/deep.yaml': 'd: 1\n', 'r.yaml': 'r: 1\n' }),
  ]),
  'charts/web-1.0.0.tgz': [await chart('web', '1.0.0', 'text: a\n')],
  'charts/web-1.1.0.tgz': [await chart('web', '1.1.0', 'text: a\n'), await chart('web', '1.1.0', 'text: b\n')],
  'charts/web-2.0.0.tgz': [await chart('web', '2.0.0', 'text: a\n'), unsound('no archive')],
  'charts/db-0.1.0.tgz': [await chart('db', '0.1.0', '')],
  'charts/db-0.2.0-rc.1.tgz': [await chart('db', '0.2.0-rc.1', '')],
};

/** A file with data of its own and references to images, by their names in it. */
export function manifest(data: string, images: Readonly<Record<string, string>>): string {
  const references = Object.entries(images).map(([name, image]) => `${name}:\n  image: ${image}\n`);
  return `data: ${data}\n${references.join('')}`;
}

function values(text: string, tag: string): string {
  return `text: "${text}"\nimage:\n  repository: ${API}\n  tag: "${tag}"\n`;
}

const [old, low, high] = [`${API}:1.0.0`, `${API}:0.9.0`, `${API}:1.1.0`];

/** The same where images are about. Tags are old, unfitting (0.9.0), perhaps newer than the registry's, or unknown to it. */
const IMAGE_FILES: Uploads = {
  'config/api.yaml': plain(
    'api.yaml',
    manifest('1', { api: old }),
    manifest('2', { api: old }),
    manifest('1', { api: low, second: old }),
    manifest('2', { api: old, web: `${WEB}:latest` }),
    manifest('1', {}),
    manifest('1', { api: high }),
    manifest('2', { api: `${API}:2.9.0` }),
  ),
  'config/two.yaml': plain(
    'two.yaml',
    manifest('1', { web: `${WEB}:latest` }),
    manifest('1', { api: low, web: `${WEB}:latest` }),
    manifest('2', { api: high }),
  ),
  'config/set.tgz': await Promise.all([
    bundle({ 'p.yaml': manifest('1', { api: old }), 'q.yaml': 'q: 1\n' }),
    bundle({ 'p.yaml': manifest('2', { api: low }), 'q.yaml': manifest('1', { web: `${WEB}:latest` }) }),
    bundle({ 'q.yaml': 'q: 1\n', 'r.yaml': manifest('1', { api: old }) }),
    bundle({ 'p.yaml/deep.yaml': manifest('1', { api: high }), 'r.yaml': manifest('1', { api: old }) }),
  ]),
  'charts/shop-1.0.0.tgz': [await chart('shop', '1.0.0', values('1', '1.0.0'))],
  'charts/shop-1.1.0.tgz': [
    await chart('shop', '1.1.0', values('2', '1.0.0')),
    await chart('shop', '1.1.0', values('2', '1.1.0')),
  ],
  'charts/shop-1.2.0.tgz': [await chart('shop', '1.2.0', 'text: "none"\n'), unsound('no archive')],
};

/** Whether what an upload brings names no tag that could be above what the registry has. */
export function isModest({ files }: Content): boolean {
  return files !== null && !/(?:api:|tag: ")(?:1\.1\.0|2\.9\.0)/u.test(Object.values(files).join(''));
}

export const FILES_ALONE: Cast = { uploads: FILES, images: {}, releases: {} };

export const WITH_IMAGES: Cast = {
  uploads: IMAGE_FILES,
  releases: {},
  images: { [API]: ['1.0.0', '1.1.0', '1.2.0', '2.0.0', '3.0.0'], [WEB]: ['latest'] },
};

/** What a release file says. `other`: something that it names beside these, and nobody covers. */
function together(objects: ReleaseFile['objects'], images: ReleaseFile['images'], other = ''): ReleaseFile {
  const lines = [
    ...objects.map(({ key, content }) => {
      const bytes = IMAGE_FILES[key]?.[content]?.bytes ?? Buffer.from('');
      return `objects: { key: ${key}, sha256: ${createHash('sha256').update(bytes).digest('hex')} }`;
    }),
    ...images.map(
      ({ image, tag, content }) => `images: { image: ${image}:${tag}, digest: ${digestOf(image, tag, content)} }`,
    ),
  ];
  const list = (name: string): string =>
    [
      `${name}:`,
      ...lines.filter((line) => line.startsWith(name)).map((line) => `  - ${line.slice(name.length + 2)}`),
    ].join('\n');
  const text = ['apiVersion: gitferry.dev/v1', 'kind: Release', ...(objects.length > 0 ? [list('objects')] : [])];
  if (images.length > 0) text.push(list('images'));
  return { bytes: Buffer.from(`${text.join('\n')}\n${other}`), objects, images };
}

export function digestOf(image: string, tag: string, content: number): string {
  return digestNamed(contentNamed(image, tag, content));
}

const api = (tag: string, content: number) => ({ image: API, tag, content });
const web = (content: number) => ({ image: WEB, tag: 'latest', content });

/** The same with release files that say what lands together. */
export const WITH_RELEASES: Cast = {
  ...WITH_IMAGES,
  releases: {
    'releases/one.release.yaml': [
      together([{ key: 'config/api.yaml', content: 3 }], [api('1.2.0', 0)]),
      together([{ key: 'config/api.yaml', content: 1 }], [api('1.2.0', 1), web(0)]),
      together([], [api('2.0.0', 0), web(1)]),
    ],
    'releases/two.release.yaml': [
      together(
        [
          { key: 'config/two.yaml', content: 1 },
          { key: 'charts/shop-1.1.0.tgz', content: 0 },
        ],
        [api('1.1.0', 0)],
      ),
      together(
        [
          { key: 'config/set.tgz', content: 1 },
          { key: 'charts/shop-1.0.0.tgz', content: 0 },
        ],
        [],
      ),
      together([{ key: 'config/two.yaml', content: 0 }], [api('1.1.0', 0)], 'nonsense: 1\n'),
    ],
  },
};
