import { createHash } from 'node:crypto';
import type { Entry, Oid } from '../../shared/git/object.ts';
import { FOLDER, readTree } from '../../shared/git/tree.ts';
import { type Recorded, readRecords } from '../../shared/ledger/trailer.ts';
import type { MemoryRepository } from './memory-remote.ts';
import { masked, referencesIn, type Said } from './references.ts';

/** What is in a repository, read without the code that is simulated, but for the records in trailers. */
export class Reader {
  readonly #repository: MemoryRepository;
  readonly #files = new Map<Oid, ReadonlyMap<string, Entry>>();
  readonly #said = new Map<Oid, ReadonlyMap<string, Said>>();
  readonly #masked = new Map<Oid, string>();

  constructor(repository: MemoryRepository) {
    this.#repository = repository;
  }

  /** The commits of a branch, oldest first. */
  commits(tip: Oid): Oid[] {
    return [...this.#repository.history(tip, null)].reverse();
  }

  parent(commit: Oid): Oid | null {
    return this.#repository.commit(commit).parents[0] ?? null;
  }

  isRelease(commit: Oid): boolean {
    return this.#repository.commit(commit).message.includes('\nGitferry-Release: ');
  }

  /** What a release records, of each of its units. */
  records(commit: Oid): Recorded[] {
    return readRecords(commit, this.#repository.commit(commit), 'sim');
  }

  text(blob: Oid | undefined): string {
    return Buffer.from(this.#repository.objects.get(blob ?? '')?.bytes ?? []).toString();
  }

  /** All files, by path. */
  files(commit: Oid): ReadonlyMap<string, Entry> {
    return this.#below(this.#repository.commit(commit).tree);
  }

  /** The paths of the files that a commit changed. */
  changed(commit: Oid): string[] {
    const parent = this.parent(commit);
    const [before, after] = [parent === null ? new Map<string, Entry>() : this.files(parent), this.files(commit)];
    const paths = new Set([...before.keys(), ...after.keys()]);
    return [...paths].filter((path) => keyOf(before.get(path)) !== keyOf(after.get(path)));
  }

  /** What all references say, by `<path> <name in the file>`. */
  said(commit: Oid): ReadonlyMap<string, Said> {
    const { tree } = this.#repository.commit(commit);
    const known = this.#said.get(tree);
    if (known !== undefined) return known;
    const found = new Map<string, Said>();
    for (const [path, { oid }] of this.files(commit))
      for (const [name, said] of referencesIn(this.text(oid))) found.set(`${path} ${name}`, said);
    this.#said.set(tree, found);
    return found;
  }

  /** What stands at a path, but for what references say; null for nothing. */
  standing(commit: Oid, path: string): string | null {
    return this.maskOf(this.#repository.entry(commit, path));
  }

  maskOf(entry: Entry | null): string | null {
    if (entry === null) return null;
    const known = this.#masked.get(entry.oid);
    if (known !== undefined) return `${entry.mode} ${known}`;
    const bytes = this.#repository.objects.get(entry.oid)?.bytes ?? new Uint8Array();
    const text =
      entry.mode === FOLDER
        ? readTree(bytes)
            .map((line) => `${line.name} ${this.maskOf(line)}`)
            .join('\n')
        : masked(Buffer.from(bytes).toString());
    const mask = createHash('sha256').update(text).digest('hex');
    this.#masked.set(entry.oid, mask);
    return `${entry.mode} ${mask}`;
  }

  #below(tree: Oid): ReadonlyMap<string, Entry> {
    const known = this.#files.get(tree);
    if (known !== undefined) return known;
    const files = new Map<string, Entry>();
    for (const { name, mode, oid } of readTree(this.#repository.objects.get(tree)?.bytes ?? new Uint8Array()))
      if (mode === FOLDER) for (const [path, entry] of this.#below(oid)) files.set(`${name}/${path}`, entry);
      else files.set(name.toString(), { mode, oid });
    this.#files.set(tree, files);
    return files;
  }
}

function keyOf(entry: Entry | undefined): string {
  return `${entry?.mode} ${entry?.oid}`;
}
