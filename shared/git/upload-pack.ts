import { type Advertisement, readAdvertisement, readRefs } from './advertisement.ts';
import type { FetchCapabilities } from './capabilities.ts';
import { readFetch } from './fetch-answer.ts';
import { type FetchRequest, renderFetch, renderListRefs } from './fetch-request.ts';
import type { Http } from './http.ts';
import type { Memory } from './memory.ts';
import type { GitObject, Oid } from './object.ts';
import { type PackOptions, PackReader } from './pack-reader.ts';
import { PacketReader } from './pkt-line.ts';

const SERVICE = 'git-upload-pack';

/** Objects that one answer may bring into memory, in bytes. */
const LIMIT = 96 * 2 ** 20;

/** What to do with the objects of a fetch as they arrive. */
export interface Intake {
  readonly keep: PackOptions['keep'];
  readonly onObject: (oid: Oid, object: GitObject) => void;
  /** Asked after each packet, with the pack's bytes so far: true hangs up. */
  readonly enough: (received: number) => boolean;
}

/** The reading half of a server: refs and objects. */
export class UploadPack {
  readonly #http: Http;
  readonly #memory: Memory;

  constructor(http: Http, memory: Memory) {
    this.#http = http;
    this.#memory = memory;
  }

  async #advertisement(wanted: readonly string[]): Promise<Advertisement> {
    const answer = await this.#http.ask({ service: SERVICE, version2: true });
    const advertisement = await readAdvertisement(new PacketReader(answer), wanted);
    this.#memory.fetch = advertisement.fetch;
    return advertisement;
  }

  /** Learnt once; forgotten when the server does not answer as they promise. */
  async capabilities(): Promise<FetchCapabilities> {
    return this.#memory.fetch ?? (await this.#advertisement([])).fetch;
  }

  async #ask(body: Uint8Array, version: 0 | 2): Promise<PacketReader> {
    try {
      return new PacketReader(await this.#http.ask({ service: SERVICE, body, version2: version === 2 }));
    } catch (error) {
      this.#memory.fetch = null;
      throw error;
    }
  }

  /** Where these refs stand now, as the server says in this moment. */
  async refs(wanted: readonly string[]): Promise<ReadonlyMap<string, Oid>> {
    if (this.#memory.fetch?.version !== 2) {
      const { refs } = await this.#advertisement(wanted);
      if (refs !== null) return refs;
    }
    const server = await this.capabilities();
    return readRefs(await this.#ask(renderListRefs(wanted, server), server.version), wanted);
  }

  /** Runs a fetch; answers whether the pack was read to its end, which `enough` may prevent. */
  async fetch(request: FetchRequest, { keep, onObject, enough }: Intake): Promise<boolean> {
    const server = await this.capabilities();
    const reader = await this.#ask(renderFetch(request, server), server.version);
    const base = (oid: Oid): GitObject | undefined => this.#memory.objects.get(oid);
    const pack = new PackReader({ keep, onObject, base, limit: LIMIT });
    return readFetch(
      reader,
      pack,
      () => enough(pack.received),
      (words) => this.#http.redact(words),
    );
  }
}
