import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Stalled } from '../errors.ts';
import type { Identity } from '../git/commit.ts';
import type { Draft } from '../git/draft.ts';
import type { Entry, GitObject, Oid } from '../git/object.ts';
import { oidOf } from '../git/object.ts';
import type { Signer } from '../trust/signing.ts';
import type { LedgerEvent } from './event.ts';
import { LEDGER_SCHEMA, oidSchema, type UnitState, unitState } from './state.ts';

const ledgerHead = z.object({
  schema: z.literal(LEDGER_SCHEMA),
  deployment: z.string(),
  branch: z.string(),
  /** The tip of the branch that this ledger has taken in; what came after it is read from trailers. */
  recorded: oidSchema.nullable(),
  /** The blob of gitferry.yaml that was used last; null when every rule is to be looked at afresh. */
  config: oidSchema.nullable(),
  /** While that is null: the blob of the last one that was sound, by which a failed release can still be taken back. */
  sound: oidSchema.optional(),
  /** The fault of that gitferry.yaml, told once; null when it is sound. */
  fault: z.string().nullable(),
  mirrors: z.record(
    z.string(),
    z.object({
      rule: z.string(),
      /** Places that the mirror's units hold now. */
      places: z.number(),
      /** Removals of the last day: when, and how many places. */
      removals: z.array(z.object({ at: z.string(), places: z.number() })),
    }),
  ),
});

/** What the ledger knows beside its units: `ledger.json`. */
export type LedgerHead = z.infer<typeof ledgerHead>;

const README = `This branch is gitferry's ledger: an append-only record of what it released, rejected and held.
Each commit holds the outcomes of one batch (events.json); units/ holds the state of each unit.
It moves together with the branch that it speaks of. Don't edit it; read it with \`gitferry log\` or \`git log\`.
`;

export function ledgerRef(deployment: string, branch: string): string {
  return `refs/heads/gitferry-ledger/${deployment}/${branch}`;
}

/** Where a unit's state stands: sharded by two times two hex digits, so that no folder grows wide. */
export function statePath(unit: string): string {
  const hash = createHash('sha256').update(unit).digest('hex');
  return `units/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}.json`;
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, path: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (cause) {
    throw new Stalled('LedgerUnreadable', `The ledger's ${path} can't be read.`, {
      hint: 'Someone else wrote to the ledger branch. Look at its history, then run `gitferry ledger rebuild`.',
      cause,
    });
  }
}

/** The ledger as it stands at one tip. Writing drafts one commit; nothing reaches the server before the caller pushes. */
export class Ledger {
  readonly #draft: Draft;
  readonly #states = new Map<string, UnitState | null>();
  readonly #changed = new Set<string>();

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  get tip(): Oid | null {
    return this.#draft.tip;
  }

  /** Reads `ledger.json`; a new ledger begins with an empty one. Throws Stalled LedgerUnreadable. */
  async head(deployment: string, branch: string): Promise<LedgerHead> {
    await this.#draft.open(['ledger.json', 'README.md', 'events.json']);
    const bytes = (await this.#draft.read(['ledger.json'])).get('ledger.json');
    if (bytes !== undefined) return parse(ledgerHead, bytes, 'ledger.json');
    if (this.#draft.base !== null) return parse(ledgerHead, new Uint8Array(), 'ledger.json');
    return { schema: LEDGER_SCHEMA, deployment, branch, recorded: null, config: null, fault: null, mirrors: {} };
  }

  /** Reads the states of these units, all together. */
  async load(units: readonly string[]): Promise<void> {
    const paths = new Map(units.filter((unit) => !this.#states.has(unit)).map((unit) => [unit, statePath(unit)]));
    if (paths.size === 0) return;
    await this.#draft.open([...paths.values()]);
    const blobs = await this.#draft.read([...paths.values()]);
    for (const [unit, path] of paths) {
      const bytes = blobs.get(path);
      this.#states.set(unit, bytes === undefined ? null : parse(unitState, bytes, path));
    }
  }

  /** The state of a loaded unit, null when it never had one. */
  state(unit: string): UnitState | null {
    const state = this.#states.get(unit);
    // Taken for a new unit, it would lose its record.
    if (state === undefined) throw new Error(`the state of ${unit} was used before it was loaded`);
    return state;
  }

  /** Whether `write` has states to write. */
  get changed(): boolean {
    return this.#changed.size > 0;
  }

  /** Replaces the state of a unit, for `write`. */
  put(state: UnitState): void {
    this.#states.set(state.unit, state);
    this.#changed.add(state.unit);
  }

  /** The first-level shards that hold any unit: pages of all that the ledger knows. */
  async shards(): Promise<string[]> {
    await this.#draft.open(['units/-']);
    return [...this.#draft.list('units').keys()].map((name) => `units/${name}`);
  }

  /** The states of all units in these shards. */
  async page(shards: readonly string[]): Promise<UnitState[]> {
    const below = async (folders: readonly string[]): Promise<string[]> => {
      await this.#draft.open(folders.map((folder) => `${folder}/-`));
      return folders.flatMap((folder) => [...this.#draft.list(folder).keys()].map((name) => `${folder}/${name}`));
    };
    const paths = await below(await below(shards));
    return [...(await this.#draft.read(paths))].map(([path, bytes]) => {
      const stored = parse(unitState, bytes, path);
      const state = this.#states.get(stored.unit) ?? stored;
      this.#states.set(state.unit, state);
      return state;
    });
  }

  /** Drafts the one commit of a batch. */
  async write(batch: {
    readonly head: LedgerHead;
    readonly events: readonly LedgerEvent[];
    readonly message: string;
    readonly identity: Identity;
    readonly signer: Signer | null;
  }): Promise<Oid> {
    const edits = new Map<string, Entry | null>();
    const objects = new Map<Oid, GitObject>();
    const put = (path: string, text: string): void => {
      const blob: GitObject = { type: 'blob', bytes: Buffer.from(text) };
      const oid = oidOf(blob);
      objects.set(oid, blob);
      edits.set(path, { mode: '100644', oid });
    };
    put('README.md', README);
    put('ledger.json', `${JSON.stringify(batch.head, null, 2)}\n`);
    put('events.json', `${JSON.stringify({ schema: LEDGER_SCHEMA, events: batch.events }, null, 2)}\n`);
    for (const unit of this.#changed) put(statePath(unit), `${JSON.stringify(this.#states.get(unit), null, 1)}\n`);
    this.#changed.clear();
    await this.#draft.open([...edits.keys()]);
    const { message, identity, signer } = batch;
    return this.#draft.commit({ edits, objects, message, identity, signer });
  }
}
