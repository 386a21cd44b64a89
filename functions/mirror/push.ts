import { Rejected, Retryable, Stalled } from '../../shared/errors.ts';
import type { Oid } from '../../shared/git/object.ts';
import type { Move } from '../../shared/git/remote.ts';
import { renderMessage } from '../../shared/git/trailers.ts';
import { type LedgerHead, ledgerRef } from '../../shared/ledger/ledger.ts';
import type { Attributes } from '../../shared/telemetry/telemetry.ts';
import type { Batch } from './batch.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';

/** Pushes batches, and tells a race from a refusal: after a race a tip has moved, after a refusal none has. */
export class Pusher {
  readonly #deps: Deps;
  /** Whether the answer to a push got lost: it may have landed all the same, and been overtaken since. */
  lost = false;
  #refused: { readonly tips: string; readonly words: string } | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Moves branch and ledger together, notes first: who reads the ledger finds them. False: someone was ahead, and the
   * batch is to be planned afresh. Throws Stalled PushRefused when the server refuses though nobody was.
   */
  async push(batch: Batch): Promise<boolean> {
    const { remote, branch, deployment, telemetry } = this.#deps;
    const { main, ledgerDraft } = batch.round;
    const tips = `${main.base} ${ledgerDraft.base}`;
    if (this.#refused?.tips === tips)
      throw new Stalled('PushRefused', `The server refused the push to ${branch}: ${this.#refused.words}`, {
        hint: 'Let the account of gitferry push to the branch and to gitferry-ledger/*, or change the hook that refused.',
      });

    await this.#leaveNotes(batch);
    await writeLedger(batch, branch);
    const moves = [
      { ref: `refs/heads/${branch}`, from: main.base, to: main.tip },
      { ref: ledgerRef(deployment, branch), from: ledgerDraft.base, to: ledgerDraft.tip },
    ].filter((move): move is Move => move.to !== null && move.to !== move.from);

    let words: string;
    try {
      telemetry.measure({ PushAttempts: 1 });
      const report = await telemetry.span('push', { ...about(batch), 'gitferry.branch': branch }, () =>
        remote.push(moves, new Map([...main.added, ...ledgerDraft.added])),
      );
      if (moves.every(({ ref }) => report.moved.has(ref))) return true;
      words = [...report.refused.values()].join('; ');
    } catch (error) {
      // The answer got lost, not necessarily the push: the refs tell.
      if (!(error instanceof Retryable)) throw error;
      words = error.message;
      const now = await remote.tips(moves.map(({ ref }) => ref));
      if (moves.every(({ ref, to }) => now.get(ref) === to)) return true;
      this.lost = true;
    }
    this.#deps.log('push refused', { words });
    this.#refused = { tips, words };
    return false;
  }

  async #leaveNotes({ notes }: Batch): Promise<void> {
    const { bucket, deployment, log } = this.#deps;
    await each(notes, async (note) => {
      const body = `${JSON.stringify(note.body, null, 2)}\n`;
      // The ledger and the bus tell as well: a bucket that can't be written to holds nothing up.
      await bucket
        .put(note.bucket, noteKey(deployment, note.key), body)
        .catch((error: unknown) => log('note not left', { ...note, error }));
    });
  }
}

/** What a span says of a batch: a single release by its name. */
function about({ events }: Batch): Attributes {
  const releases = events.filter((event) => event.type === 'landed');
  const [only, ...others] = releases;
  if (only === undefined || others.length > 0) return { 'gitferry.releases': releases.length };
  return { 'gitferry.release': only.id, 'gitferry.unit': only.unit ?? '' };
}

/** Where the note about an object lies; several deployments may look at one bucket. */
export function noteKey(deployment: string, key: string): string {
  return `gitferry-rejected/${key}.${deployment}.json`;
}

async function writeLedger(batch: Batch, branch: string): Promise<Oid> {
  const { round, events, identity } = batch;
  const lines = events.map(
    (event) => `${event.type} ${event.unit ?? ''}${'reason' in event ? ` (${event.reason})` : ''}`,
  );
  const subject = round.ledger.tip === null ? 'Begin the ledger' : subjectOf(batch, lines, branch);
  return round.ledger.write({
    head: headOf(batch),
    events,
    message: renderMessage(subject, events.length === 1 ? [] : lines.slice(0, 50), [
      ['Gitferry-Branch', `${branch} ${round.main.tip ?? ''}`],
    ]),
    identity,
    signer: round.signer,
  });
}

/** Broken rules don't tell whose releases are ours: what the ledger missed stays to be taken in. */
function headOf({ head, round }: Batch): LedgerHead {
  if (round.config instanceof Rejected) return { ...head, recorded: round.head.recorded };
  // Rules that are not applied everywhere yet are sound all the same, and tell whose releases are ours.
  const sound = head.config === null && round.configOid !== null ? { sound: round.configOid } : {};
  return { ...head, ...sound, recorded: round.main.tip };
}

function subjectOf({ head, round }: Batch, lines: readonly string[], branch: string): string {
  if (lines.length > 1) return `Record ${lines.length} outcomes on ${branch}`;
  if (lines.length === 1) return `Record ${lines[0]}`;
  return head.config === round.head.config
    ? 'Note how the sources stand'
    : `Use gitferry.yaml ${head.config?.slice(0, 10)}`;
}
