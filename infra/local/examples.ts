import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { parse, parseDocument } from 'yaml';

/** Something to drop into the bucket. */
export interface Upload {
  readonly key: string;
  readonly bytes: Buffer;
}

/** Every file below a folder by its path from there, in order. */
export async function readFolder(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = paths
    .sort()
    .map(async (path) => [relative(folder, path).split(sep).join('/'), await readFile(path)] as const);
  return new Map(await Promise.all(read));
}

/** Packs a chart as `helm package` lays it out; the same files always give the same bytes. */
export async function packChart(folder: string): Promise<{ readonly fileName: string; readonly bytes: Buffer }> {
  const files = await readFolder(folder);
  const { name, version } = parse(String(files.get('Chart.yaml'))) as { name: string; version: string };
  const archive = pack();
  for (const [path, bytes] of files)
    archive.entry({ name: `${name}/${path}`, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, bytes);
  archive.finalize();
  return { fileName: `${name}-${version}.tgz`, bytes: await buffer(archive.pipe(createGzip({ level: 9 }))) };
}

/** What the demonstration drops: every chart, then every file of configuration. */
export async function exampleUploads(examples: string): Promise<readonly Upload[]> {
  const charts = (await readdir(join(examples, 'charts'))).sort();
  const packed = await Promise.all(charts.map((chart) => packChart(join(examples, 'charts', chart))));
  const config = await readFolder(join(examples, 'config'));
  return [
    ...packed.map(({ fileName, bytes }) => ({ key: `charts/${fileName}`, bytes })),
    ...[...config].map(([path, bytes]) => ({ key: `config/${path}`, bytes })),
  ];
}

/** The registry that the example repository speaks of. */
const EXAMPLE_REGISTRY = 'registry.example.org';

/** What the main repository begins with: the examples, with this run's registry in them; without one, they mirror no images. */
export async function exampleRepository(
  examples: string,
  registry: string | null,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = await readFolder(join(examples, 'repository'));
  const texts = [...files].map(([path, bytes]) => {
    const text = path === 'gitferry.yaml' && registry === null ? withoutImages(String(bytes)) : String(bytes);
    return [path, Buffer.from(text.replaceAll(EXAMPLE_REGISTRY, registry ?? EXAMPLE_REGISTRY))] as const;
  });
  return new Map(texts);
}

/** `gitferry.yaml` as it is, but for `images:` and what stands below it. */
function withoutImages(text: string): string {
  const pairs = parseDocument(text).get('images', true) as { range: readonly number[] } | undefined;
  if (pairs === undefined) return text;
  return `${text.slice(0, text.lastIndexOf('images:', pairs.range[0])).trimEnd()}\n${text.slice(pairs.range[2])}`;
}
