import { createHash } from 'node:crypto';
import { asFerryError } from '../../../shared/errors.ts';
import type { Draft } from '../../../shared/git/draft.ts';
import type { Objects, Oid } from '../../../shared/git/object.ts';
import { FOLDER, readTree } from '../../../shared/git/tree.ts';
import { entryOf, type Standing } from '../../../shared/ledger/state.ts';
import { maskReferences } from '../../../shared/reference/edit.ts';
import { mayRefer } from '../../../shared/reference/find.ts';
import { textOf } from '../../../shared/reference/text.ts';
import type { References } from './references.ts';

/**
 * What stands at paths, with references to images masked: a file whose image was bumped is still the file that was
 * released. Only what differs is read, old contents by their ids.
 */
export class Masks {
  readonly #main: Draft;
  readonly #references: References;
  readonly #masked = new Map<string, string>();

  constructor(main: Draft, references: References) {
    this.#main = main;
    this.#references = references;
  }

  /** Whether two standings of a path differ only in what image policies may edit; false for those that were not learnt. */
  same(path: string, a: Standing, b: Standing): boolean {
    if (a === b) return true;
    const [one, other] = [a, b].map((standing) => this.#masked.get(`${path} ${standing}`));
    return one !== undefined && one === other;
  }

  /** Reads what stands, or stood, at these paths. */
  async learn(standings: readonly (readonly [path: string, standing: Standing])[]): Promise<void> {
    if (this.#references.rules.length === 0) return;
    for (const [path, standing] of standings) {
      const entry = entryOf(standing);
      const key = `${path} ${standing}`;
      if (entry === null || this.#masked.has(key)) continue;
      const masked = await this.#mask(path, entry.mode, entry.oid).catch(asFerryError);
      // What the server has dropped can't be compared: it counts as edited.
      if (typeof masked === 'string') this.#masked.set(key, masked);
    }
  }

  async #mask(path: string, mode: string, oid: Oid): Promise<string> {
    if (mode === FOLDER) {
      const lines = readTree(await this.#bytes(oid));
      const inner = await Promise.all(
        lines.map(({ name, mode, oid }) => this.#mask(`${path}/${name.toString()}`, mode, oid)),
      );
      return hash(lines.map(({ name, mode }, index) => `${mode} ${name.toString('hex')} ${inner[index]}`).join('\n'));
    }
    if (!mode.startsWith('100') || this.#references.covering(path).length === 0) return oid;
    const bytes = await this.#bytes(oid);
    if (!mayRefer(bytes, this.#references.images)) return oid;
    return maskOf(bytes, this.#references.images) ?? oid;
  }

  async #bytes(oid: Oid): Promise<Uint8Array> {
    const objects: Objects = await this.#main.fetch([oid]);
    return objects.get(oid)?.bytes ?? new Uint8Array();
  }
}

/** Null for a file whose references can't be read, and so never were edited. */
function maskOf(bytes: Uint8Array, images: ReadonlySet<string>): string | null {
  try {
    return hash(maskReferences(textOf(bytes), images));
  } catch (error) {
    asFerryError(error);
    return null;
  }
}

function hash(text: string): string {
  return `masked ${createHash('sha256').update(text).digest('hex')}`;
}
