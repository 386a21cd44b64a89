import { Rejected } from '../errors.ts';
import type { File } from './file.ts';
import { checkPath, shown } from './path.ts';

/** What an archive may hold: bytes packed, bytes unpacked, and how many files and folders. */
export interface Limits {
  readonly packed: number;
  readonly unpacked: number;
  readonly files: number;
}

/** A file or a folder, by its name's folded form; a file has no `inside`. */
interface Node {
  readonly name: string;
  readonly inside: Map<string, Node> | null;
}

/** Equal for names that a file system may take for one: after NFC normalisation and case folding. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase().normalize('NFC');
}

/**
 * What has been read of an archive so far. Every path is checked as it comes, against the rules of paths, against all
 * paths before it, and against the limits, so that a hostile archive ends before it costs more than they allow.
 */
export class Contents {
  readonly #limits: Limits;
  readonly #root: Map<string, Node> = new Map();
  readonly #files: File[] = [];
  #entries = 0;
  #nodes = 0;
  #unpacked = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get files(): readonly File[] {
    return this.#files;
  }

  /** That so many more bytes may be unpacked; to be asked before they are. */
  reserve(bytes: number): void {
    this.#unpacked += bytes;
    if (this.#unpacked > this.#limits.unpacked) {
      throw new Rejected('UnpackedTooLarge', `The archive holds more than ${this.#limits.unpacked} bytes unpacked.`, {
        hint: 'Upload less at once, or raise the limits of this mirror.',
        facts: { limit: this.#limits.unpacked },
      });
    }
  }

  addFolder(path: string): void {
    this.#countEntry();
    checkPath(path);
    this.#enter(path);
  }

  /** The bytes must have been reserved. */
  addFile(file: File): void {
    this.#countEntry();
    checkPath(file.path);
    const slash = file.path.lastIndexOf('/');
    const folder = slash === -1 ? this.#root : this.#enter(file.path.slice(0, slash));
    const name = file.path.slice(slash + 1);
    const before = folder.get(fold(name));
    if (before !== undefined) throw collision(file.path, before);
    this.#addNode(folder, { name, inside: null });
    this.#files.push(file);
  }

  #enter(path: string): Map<string, Node> {
    let folder = this.#root;
    for (const name of path.split('/')) {
      const node = folder.get(fold(name)) ?? this.#addNode(folder, { name, inside: new Map() });
      if (node.inside === null || node.name !== name) throw collision(path, node);
      folder = node.inside;
    }
    return folder;
  }

  #addNode(folder: Map<string, Node>, node: Node): Node {
    this.#nodes += 1;
    this.#checkCount(this.#nodes);
    folder.set(fold(node.name), node);
    return node;
  }

  #countEntry(): void {
    this.#entries += 1;
    this.#checkCount(this.#entries);
  }

  #checkCount(count: number): void {
    if (count > this.#limits.files) {
      throw new Rejected('TooManyFiles', `The archive holds more than ${this.#limits.files} files and folders.`, {
        hint: 'Split the upload, or raise the limits of this mirror.',
        facts: { limit: this.#limits.files },
      });
    }
  }
}

function collision(path: string, other: Node): Rejected {
  const what = other.inside === null ? 'file' : 'folder';
  return new Rejected('PathCollides', `The path ${shown(path)} collides with the ${what} ${shown(other.name)}.`, {
    hint: 'Each path may occur once, in one spelling, and as a file or as a folder.',
    facts: { path },
  });
}
