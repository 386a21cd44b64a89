import { isProtected } from '../../../shared/artifact/path.ts';
import type { ImageRule } from '../../../shared/config/config.ts';
import { compileGlobs, type Globs } from '../../../shared/config/glob.ts';
import { Rejected } from '../../../shared/errors.ts';
import type { Draft } from '../../../shared/git/draft.ts';
import type { Oid } from '../../../shared/git/object.ts';
import { type Found, findReferences, mayRefer } from '../../../shared/reference/find.ts';
import { referencesOf } from '../../../shared/reference/match.ts';
import type { Problem, Reference } from '../../../shared/reference/reference.ts';
import { textOf } from '../../../shared/reference/text.ts';

/** A file's references, by the rule that keeps them. */
export interface FileReferences {
  readonly path: string;
  readonly oid: Oid;
  readonly matched: ReadonlyMap<string, readonly Reference[]>;
  readonly problems: readonly Problem[];
}

const YAML = /\.ya?ml$/iu;
const NOTHING: Found = { references: [], problems: [] };

/** So many blobs are asked for at once, and looked at one after another, so that memory does not grow with their number. */
const CHUNK = 500;

/** How many blobs' references a process remembers. */
const REMEMBERED = 100_000;

/** References by blob id, for one set of images: the same file is not read twice by one process. */
const memory = { images: '', found: new Map<Oid, Found>() };

/**
 * Where images are named in the main repository as one batch drafts it. Only files that the rules' globs cover are read,
 * and each blob once in the life of a process.
 */
export class References {
  readonly rules: readonly ImageRule[];
  readonly images: ReadonlySet<string>;
  readonly #main: Draft;
  readonly #globs: ReadonlyMap<ImageRule, Globs>;
  /** What this batch needs, whatever the process forgets meanwhile. */
  readonly #found = new Map<Oid, Found>();

  constructor(main: Draft, rules: readonly ImageRule[]) {
    this.rules = rules;
    this.images = new Set(rules.map(({ image }) => image));
    this.#main = main;
    this.#globs = new Map(rules.map((rule) => [rule, compileGlobs(rule.files)]));
    const images = [...this.images].sort().join(' ');
    if (memory.images !== images) Object.assign(memory, { images, found: new Map() });
  }

  /** The rules that look for references in a file of this path. */
  covering(path: string): readonly ImageRule[] {
    if (!YAML.test(path) || isProtected(path)) return [];
    return this.rules.filter((rule) => this.#globs.get(rule)?.matches(path));
  }

  /** The references of the files at these opened paths; files that no rule covers are left out. */
  async at(paths: readonly string[]): Promise<ReadonlyMap<string, FileReferences>> {
    const files = paths.flatMap((path): (readonly [string, Oid])[] => {
      const entry = this.#main.entry(path);
      return entry?.mode.startsWith('100') && this.covering(path).length > 0 ? [[path, entry.oid]] : [];
    });
    await this.#learn(files.map(([, oid]) => oid));
    return new Map(files.map(([path, oid]) => [path, this.#view(path, oid)]));
  }

  /** All files in which these rules have references, or trouble with them. */
  async everywhere(rules: readonly ImageRule[]): Promise<readonly FileReferences[]> {
    const bases = new Set(rules.flatMap((rule) => this.#globs.get(rule)?.bases ?? []));
    const covered = [...(await this.#main.files([...bases]))].filter(
      ([path, { mode }]) => mode.startsWith('100') && this.covering(path).some((rule) => rules.includes(rule)),
    );
    await this.#learn(covered.map(([, { oid }]) => oid));
    const views = covered.map(([path, { oid }]) => this.#view(path, oid));
    return views.filter(({ matched, problems }) => matched.size > 0 || problems.length > 0);
  }

  /** The references of a file that is to stand at a path, and its problems. */
  inside(path: string, oid: Oid, bytes: Uint8Array): FileReferences {
    this.#remember(oid, this.#known(oid) ?? this.#read(bytes));
    return this.#view(path, oid);
  }

  #view(path: string, oid: Oid): FileReferences {
    const found = this.#found.get(oid) ?? NOTHING;
    const { matched, problems } = referencesOf(path, found, this.covering(path));
    return { path, oid, matched, problems: [...found.problems, ...problems] };
  }

  async #learn(oids: readonly Oid[]): Promise<void> {
    const unknown = [...new Set(oids)].filter((oid) => this.#known(oid) === undefined);
    for (let at = 0; at < unknown.length; at += CHUNK) {
      const blobs = await this.#main.fetch(unknown.slice(at, at + CHUNK), { pass: true });
      for (const [oid, { bytes }] of blobs) this.#remember(oid, this.#read(bytes));
    }
  }

  #read(bytes: Uint8Array): Found {
    if (!mayRefer(bytes, this.images)) return NOTHING;
    try {
      return findReferences(textOf(bytes), this.images);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      const line = Number(error.facts.line ?? 1);
      return { references: [], problems: [{ reason: error.reason, message: error.message, line }] };
    }
  }

  #known(oid: Oid): Found | undefined {
    const found = this.#found.get(oid) ?? memory.found.get(oid);
    if (found !== undefined) this.#found.set(oid, found);
    return found;
  }

  #remember(oid: Oid, found: Found): void {
    this.#found.set(oid, found);
    memory.found.set(oid, found);
    for (const oldest of memory.found.keys()) {
      if (memory.found.size <= REMEMBERED) break;
      memory.found.delete(oldest);
    }
  }
}
