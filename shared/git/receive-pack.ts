import { Retryable } from '../errors.ts';
import { readAdvertisement } from './advertisement.ts';
import type { PushCapabilities } from './capabilities.ts';
import type { Http } from './http.ts';
import { type Memory, note } from './memory.ts';
import type { GitObject, Objects, Oid } from './object.ts';
import { writePack } from './pack-writer.ts';
import { PacketReader } from './pkt-line.ts';
import { readReport, renderPush } from './push-request.ts';
import type { Move, PushReport } from './remote.ts';
import { reachable } from './walk.ts';

const SERVICE = 'git-receive-pack';

/** The writing half of a server. */
export class ReceivePack {
  readonly #http: Http;
  readonly #memory: Memory;

  constructor(http: Http, memory: Memory) {
    this.#http = http;
    this.#memory = memory;
  }

  /** Learnt once in a process, from the advertisement's first line; the refs behind it are not read. */
  async capabilities(): Promise<PushCapabilities> {
    if (this.#memory.push === null) {
      const answer = await this.#http.ask({ service: SERVICE, version2: false });
      this.#memory.push = (await readAdvertisement(new PacketReader(answer), [])).push;
    }
    return this.#memory.push ?? { atomic: false, sideBand: false, thin: false };
  }

  /**
   * One request for these moves, with what of `objects` they lead to. Throws Retryable AnswerLost when the server did not
   * say what became of them; they may have happened.
   */
  async push(moves: readonly Move[], objects: Objects): Promise<PushReport> {
    const server = this.#memory.push;
    const sent = new Map<Oid, GitObject>();
    for (const { to } of moves) for (const [oid, object] of reachable(to, objects)) sent.set(oid, object);
    const thin = server?.thin === true;
    let report = await this.#send(moves, writePack(sent, thin ? (oid) => this.#memory.objects.get(oid) : undefined));
    // git gives up on a thin pack that brings an object which an earlier, refused push left behind ("duplicate base").
    if (thin && !report.unpacked) report = await this.#send(moves, writePack(sent));
    if (report.refused.size === 0) this.#remember(moves, sent);
    return { moved: report.moved, refused: report.refused };
  }

  async #send(moves: readonly Move[], pack: Uint8Array): Promise<PushReport & { readonly unpacked: boolean }> {
    const server = this.#memory.push;
    const body = renderPush(moves, pack, server);
    const reader = new PacketReader(await this.#http.ask({ service: SERVICE, body, version2: false }));
    const report = await readReport(reader, moves, server?.sideBand === true, (words) => this.#http.redact(words));
    if (report !== null) return report;
    throw new Retryable('AnswerLost', 'The Git server did not say what became of the push.', {
      hint: 'The refs are read again.',
    });
  }

  #remember(moves: readonly Move[], objects: Objects): void {
    for (const [oid, object] of objects) this.#memory.objects.add(oid, object);
    for (const { to } of moves) note(this.#memory, to);
  }
}
