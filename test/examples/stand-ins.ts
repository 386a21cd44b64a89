import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What each does beside writing down how it was called: `aws` keeps what it is given, by key. */
const DEEDS: Readonly<Record<string, string>> = {
  aws: `for word; do from=$to to=$word; done
key=\${to#s3://*/}
mkdir -p "$UPLOADED/$(dirname "$key.")"
if [ -d "$from" ]; then cp -R "$from/." "$UPLOADED/$key"; else cp "$from" "$UPLOADED/$key"; fi`,
  helm: `mkdir -p "$4" && echo packaged >"$4/shop-\${6:-1.0.0}.tgz"`,
  skopeo: `while [ $# -gt 1 ]; do [ "$1" != --digestfile ] || printf 'sha256:%064d' 7 >"$2"; shift; done`,
  docker: ':',
};

/** Programs that reach nothing, in front of the real ones. */
export interface StandIns {
  readonly environment: Readonly<Record<string, string>>;
  /** The bucket's objects as files. */
  readonly uploaded: string;
  /** Each call as one line, oldest first. */
  calls(): Promise<readonly string[]>;
}

/** Makes them in a folder. */
export async function standIns(folder: string): Promise<StandIns> {
  const [programs, uploaded, record] = [join(folder, 'programs'), join(folder, 'uploaded'), join(folder, 'calls')];
  await Promise.all([programs, uploaded].map((path) => mkdir(path)));
  await writeFile(record, '');
  for (const [name, deed] of Object.entries(DEEDS)) {
    await writeFile(join(programs, name), `#!/bin/sh -e\necho "${name} $*" >>'${record}'\n${deed}\n`);
    await chmod(join(programs, name), 0o755);
  }
  return {
    environment: { PATH: `${programs}:${process.env.PATH}`, TMPDIR: folder, UPLOADED: uploaded },
    uploaded,
    calls: async () => (await readFile(record, 'utf8')).split('\n').slice(0, -1),
  };
}
