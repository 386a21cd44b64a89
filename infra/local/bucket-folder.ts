import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { printable } from '../../shared/printable.ts';

/** A file that was put into the folder by hand, changed, or (without bytes) taken out. */
export interface FolderChange {
  readonly key: string;
  readonly bytes: Buffer | null;
}

/** What stands in the way of a file. S3 takes keys that no folder can hold side by side. */
const IN_THE_WAY: Readonly<Record<string, string>> = {
  EEXIST: 'an object has the name of a folder on its path',
  ENOTDIR: 'an object has the name of a folder on its path',
  EISDIR: 'there are objects below it, as in a folder of that name',
  ENOTEMPTY: 'there are objects below it, as in a folder of that name',
  ENAMETOOLONG: 'a part of it is longer than the name of a file may be',
  ENOSPC: 'the disk is full',
};

/** How a file looks: two that differ in content differ in `look`. */
interface Found {
  readonly look: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

const OURS = '.gitferry-upload-';
/** What editors and file managers leave for a moment. */
const PASSING = /^(?:\.gitferry-upload-.*|\.DS_Store|\.#.*|.*~|\..*\.sw[a-z])$/u;
/** Milliseconds for which a file must have stayed as it is before it counts as whole. */
const SETTLED = 300;
/** Milliseconds between two looks that nothing gave rise to: not every file system tells what happens in it. */
const ROUND = 2000;

/** The objects of a bucket as plain files: a key is a path. What is put there by hand is seen and told. */
export class BucketFolder {
  readonly #folder: string;
  /** What the bucket has, by key: the file as it was read or written. */
  readonly #known = new Map<string, Found>();
  #watcher: FSWatcher | undefined;
  #round: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether a look at the folder is due or under way. */
  get busy(): boolean {
    return this.#looking !== undefined;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  /** When an object was last modified: when its file was, so that a later run says the same. */
  modified(key: string): Date | null {
    const found = this.#known.get(key);
    return found === undefined ? null : new Date(found.modified);
  }

  /** All files. */
  async load(): Promise<{ readonly key: string; readonly bytes: Buffer }[]> {
    await mkdir(this.#folder, { recursive: true });
    return Promise.all(
      [...(await this.#list())].map(async ([key, found]) => {
        this.#known.set(key, found);
        return { key, bytes: await readFile(this.#path(key)) };
      }),
    );
  }

  /** Keeps an object. Throws, in a sentence for the uploader, when no file can have its key as a path. */
  async keep(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    const passing = join(dirname(path), `${OURS}${randomUUID()}`);
    const before = this.#known.get(key);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(passing, bytes);
      // A rename keeps the file as it is, so that what is written here is known before it can be seen.
      this.#known.set(key, foundOf(await stat(passing)));
      await rename(passing, path);
    } catch (cause) {
      if (before === undefined) this.#known.delete(key);
      else this.#known.set(key, before);
      await rm(passing, { force: true }).catch(() => null);
      const { code = '' } = cause as NodeJS.ErrnoException;
      throw new Error(`${printable(key)} can't be kept as a file: ${IN_THE_WAY[code] ?? code}.`, { cause });
    }
  }

  async remove(key: string): Promise<void> {
    this.#known.delete(key);
    await rm(this.#path(key), { force: true });
    for (let folder = dirname(this.#path(key)); folder !== this.#folder; folder = dirname(folder))
      if (!(await removeEmpty(folder))) return;
  }

  /** Tells of what is put into the folder or taken out by hand from now on, once it has settled. */
  watch(tell: (change: FolderChange) => Promise<void>): void {
    const look = (): void => {
      if (this.#stopped) return;
      this.#again = this.#looking !== undefined;
      this.#looking ??= this.#look(tell).finally(() => {
        this.#looking = undefined;
        if (this.#again) look();
      });
    };
    this.#watcher = watch(this.#folder, { recursive: true }, look);
    this.#watcher.on('error', () => this.#watcher?.close());
    this.#round = setInterval(look, ROUND);
    look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#round);
    await this.#looking;
  }

  async #look(tell: (change: FolderChange) => Promise<void>): Promise<void> {
    let before = await this.#list();
    while (this.#differs(before) && !this.#stopped) {
      await new Promise((done) => setTimeout(done, SETTLED));
      const now = await this.#list();
      for (const [key, found] of now) {
        if (this.#known.get(key)?.look === found.look || before.get(key)?.look !== found.look) continue;
        const bytes = await readFile(this.#path(key)).catch(() => null);
        if (bytes === null) continue;
        this.#known.set(key, found);
        await tell({ key, bytes });
      }
      for (const key of [...this.#known.keys()].filter((known) => !before.has(known) && !now.has(known))) {
        this.#known.delete(key);
        await tell({ key, bytes: null });
      }
      before = now;
    }
  }

  #differs(found: ReadonlyMap<string, Found>): boolean {
    return found.size !== this.#known.size || [...found].some(([key, { look }]) => this.#known.get(key)?.look !== look);
  }

  #path(key: string): string {
    const segments = key.split('/');
    const odd = segments.some((name) => name === '' || name === '.' || name === '..');
    if (odd || key.includes('\0')) throw new Error(`${printable(key)} can't be kept as a file: it is no path.`);
    if (segments.some((name) => PASSING.test(name)))
      throw new Error(`${printable(key)} can't be kept as a file: names like this one are left to editors.`);
    return join(this.#folder, ...segments);
  }

  async #list(): Promise<Map<string, Found>> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile() && !PASSING.test(entry.name));
    const found = await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        const about = await stat(path).catch(() => null);
        const key = relative(this.#folder, path).split(sep).join('/');
        return about === null ? null : ([key, foundOf(about)] as const);
      }),
    );
    return new Map(found.filter((one) => one !== null));
  }
}

function foundOf({ size, mtimeMs, ino }: { size: number; mtimeMs: number; ino: number }): Found {
  return { look: `${size} ${mtimeMs} ${ino}`, modified: mtimeMs };
}

async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch {
    return false;
  }
}
