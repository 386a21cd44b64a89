import type { Entry } from '../../shared/git/object.ts';
import type { MemoryRepository } from './memory-remote.ts';
import type { Reader } from './reader.ts';
import { referencesIn, retold } from './references.ts';

/** Someone who commits to the branch by hand. */
export class Person {
  readonly #repository: MemoryRepository;
  readonly #read: Reader;
  readonly #branch: string;

  constructor(repository: MemoryRepository, read: Reader, branch: string) {
    this.#repository = repository;
    this.#read = read;
    this.#branch = branch;
  }

  get #tip(): string {
    return this.#repository.refs.get(this.#branch) as string;
  }

  /** Sets a path to a text, or away. */
  edit(path: string, text: string | null, message = 'A person was here'): void {
    const old = this.#repository.entry(this.#tip, path);
    if (text === null && old === null) return;
    const mode = old?.mode.startsWith('100') ? old.mode : '100644';
    const oid = text === null ? '' : this.#repository.put({ type: 'blob', bytes: Buffer.from(text) });
    this.#repository.edit(this.#branch, path, text === null ? null : { mode, oid }, message);
  }

  /** Lets the reference of that name in a file say something else, or the file's own data. */
  rewrite(path: string, which: string, said: string): void {
    const text = this.#textAt(path);
    if (text === null) return;
    const next = which === 'data' ? text.replace(/^data: .*$/mu, `data: ${said}`) : retold(text, which, said);
    if (next !== text) this.edit(path, next, 'Say something else');
  }

  /**
   * Sets back what the newest but `back` commit by gitferry did, as `git revert` would; with `only`, what it did to one of
   * its files. What has changed since stops it, unless it is on other lines.
   */
  revert(back: number, only: number | null = null): void {
    const ours = this.#read.commits(this.#tip).filter((oid) => this.#read.isRelease(oid));
    const commit = ours.at(-1 - (back % Math.max(ours.length, 1)));
    if (commit === undefined) return;
    const changed = this.#read.changed(commit);
    const parent = this.#read.parent(commit) ?? '';
    for (const path of only === null ? changed : changed.slice(only % changed.length).slice(0, 1)) {
      const [before, then, now] = [parent, commit, this.#tip].map((oid) => this.#read.files(oid).get(path) ?? null);
      const text = this.#undone(before ?? null, then ?? null, now ?? null);
      if (text !== undefined) this.edit(path, text, `Revert "${commit.slice(0, 8)}"`);
    }
  }

  /** The text that a file has without a change; null for none, undefined where that can't be told. */
  #undone(before: Entry | null, then: Entry | null, now: Entry | null): string | null | undefined {
    if (now?.oid === before?.oid) return undefined;
    if (now?.oid === then?.oid) return before === null ? null : this.#read.text(before.oid);
    if (before === null || then === null || now === null) return undefined;
    const [old, changed, present] = [before, then, now].map(({ oid }) => this.#read.text(oid).split('\n'));
    if (old?.length !== changed?.length || changed?.length !== present?.length) return undefined;
    const lines = present?.map((line, at) =>
      line === changed?.[at] ? old?.[at] : old?.[at] === changed?.[at] ? line : null,
    );
    return lines?.includes(null) ? undefined : lines?.join('\n');
  }

  /** The names of the references in a file. */
  references(path: string): string[] {
    return [...referencesIn(this.#textAt(path) ?? '').keys()];
  }

  #textAt(path: string): string | null {
    const entry = this.#read.files(this.#tip).get(path);
    return entry === undefined ? null : this.#read.text(entry.oid);
  }
}
