import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A `.tgz` of these files. */
export async function tgz(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name, mtime: new Date(0) }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** A chart archive as `helm package` writes it, small. */
export function chart(name: string, version: string, text = ''): Promise<Buffer> {
  return tgz({
    [`${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
    [`${name}/values.yaml`]: `text: "${text}"\n`,
  });
}
