import type { Config, Mirror } from '../../shared/config/config.ts';
import type { Rejected } from '../../shared/errors.ts';
import type { Identity } from '../../shared/git/commit.ts';
import type { LedgerEvent } from '../../shared/ledger/event.ts';
import type { LedgerHead } from '../../shared/ledger/ledger.ts';
import {
  emptyState,
  objectOf,
  type Places,
  REMOVED,
  type Release,
  recordOf,
  type Source,
  type UnitState,
  withRejection,
} from '../../shared/ledger/state.ts';
import { addressOf } from '../../shared/notice/outcome.ts';
import type { Subject, Unit } from '../../shared/unit/unit.ts';
import type { Concern } from './concern.ts';
import type { Deps } from './deps.ts';
import type { Desired, Obstacle } from './files/decide.ts';
import { type Owner, readOwners } from './files/owners.ts';
import type { ImageConcern } from './images/concern.ts';
import { Masks } from './images/masks.ts';
import { References } from './images/references.ts';
import { obstacleText } from './obstacle.ts';
import { type OpenRelease, Reserved } from './releases/open.ts';
import type { Round } from './round.ts';

/** An object of a bucket that a note lies beside, or should. */
interface Beside {
  readonly bucket: string;
  readonly key: string;
}

/** Why an upload was turned away, to be left beside it. */
export interface Note extends Beside {
  readonly body: Readonly<Record<string, unknown>>;
}

/** A message that says nothing we understand, by the digest of its body. */
export interface Unreadable {
  readonly error: Rejected;
  readonly digest: string;
}

/**
 * The outcomes of one batch on their way: commits on the branch's draft, states and events for the ledger, notes for the
 * bucket. Nothing leaves the process before the caller pushes.
 */
export class Batch {
  readonly events: LedgerEvent[] = [];
  readonly notes: Note[] = [];
  /** Objects that were turned away once and have landed since. */
  readonly redeemed: Beside[] = [];
  readonly now: Date;
  head: LedgerHead;
  readonly round: Round;
  readonly config: Config;
  readonly deps: Deps;
  /** Where images are named. */
  readonly references: References;
  readonly masks: Masks;
  /** What release files that are not complete yet keep from landing by itself. */
  readonly reserved: Reserved;
  /** Policies whose references came with the files of this batch, or were kept against them. */
  readonly stirred = new Set<string>();
  #owners: ReadonlyMap<string, Owner> | null = null;
  readonly #claimed = new Map<string, Owner>();

  constructor(round: Round, config: Config, deps: Deps, open: readonly OpenRelease[] = []) {
    this.round = round;
    this.config = config;
    this.deps = deps;
    this.now = deps.now();
    this.head = round.head;
    this.references = new References(round.main, config.images);
    this.reserved = new Reserved(open);
    this.masks = new Masks(round.main, this.references);
    for (const { unit, release } of round.absorbed) this.landed(unit, release, {});
  }

  /** Whether there is anything to push. */
  get empty(): boolean {
    const { main, ledger, head } = this.round;
    return main.tip === main.base && !ledger.changed && this.events.length === 0 && this.head === head;
  }

  get identity(): Identity {
    return { ...this.config.author, seconds: Math.floor(this.now.getTime() / 1000), zone: '+0000' };
  }

  state(unit: string): UnitState {
    return this.round.ledger.state(unit) ?? emptyState(unit);
  }

  put(state: UnitState): void {
    this.round.ledger.put(state);
  }

  /** Whose each path is, commits of this batch included. Reads the whole ledger, once. */
  async owners(): Promise<ReadonlyMap<string, Owner>> {
    this.#owners ??= await readOwners(this.round.ledger, this.config);
    return new Map([...this.#owners, ...this.#claimed]);
  }

  /** Notes what a unit's commit put where. */
  claim(unit: string, edits: Places): void {
    for (const [path, standing] of Object.entries(edits)) this.#claimed.set(path, { unit, standing, orphan: false });
  }

  /** What all events have in common. */
  event(unit: string | null, source: Source | null, publisher: string | null = null) {
    return {
      id: this.deps.newId(),
      at: this.now.toISOString(),
      unit,
      source: source === null ? null : addressOf(source),
      publisher,
    };
  }

  /** Records a release. */
  landed(unit: string, release: Release, claims: Readonly<Record<string, string>>): void {
    const { version, content, commit, summary, publisher, source, reverts, changedAt = null } = release;
    const event = { ...this.event(unit, source, publisher), id: release.release ?? '' };
    const facts = { version, content: content ?? '', commit: commit ?? '', summary };
    const about = reverts === undefined ? {} : { reverts };
    this.events.push({ ...event, type: 'landed', ...facts, claims: { ...claims }, changedAt, ...about });
  }

  /** Takes in that a person set some of a unit's paths back. */
  takeBack(state: UnitState, paths: readonly string[], heldBefore: readonly string[]): void {
    const held = state.held.filter((content) => !heldBefore.includes(content));
    this.put(state);
    this.events.push({ ...this.event(state.unit, null), type: 'taken-back', paths: [...paths], held });
  }

  /** Turns a content away: remembered, so that it is told once, and left in word beside the upload. */
  reject(unit: Subject, content: string, error: Rejected, source: Source | null, publisher: string | null): void {
    const { reason, message, hint, facts } = error;
    const event = this.event(unit.id, source, publisher);
    this.#remember(unit, content, event.id, error, source);
    this.events.push({ ...event, type: 'rejected', reason, message, hint, content });
    this.#note(source, { reason, message, hint, facts });
  }

  /** Turns away what a registry or a manifest made impossible, told once for each rule. */
  rejectOnce(unit: Subject, content: string, error: Rejected): void {
    const known = this.state(unit.id).rejected[content];
    if (known?.rule !== unit.rule || known.reason !== error.reason) this.reject(unit, content, error, null, null);
  }

  /** Refuses the removal of these units, told once for them all. */
  refuseRemovals(mirror: Mirror, units: readonly Unit[], error: Rejected): void {
    const { reason, message, hint } = error;
    const event = this.event(null, null);
    for (const unit of units)
      this.#remember(unit, REMOVED, event.id, error, recordOf(this.state(unit.id))?.source ?? null);
    const source = addressOf({ bucket: mirror.bucket, key: mirror.prefix });
    this.events.push({ ...event, source, type: 'rejected', reason, message, hint, content: REMOVED });
  }

  /** Turns away a message that says nothing we understand. */
  rejectMessage({ error, digest }: Unreadable): void {
    const { reason, message, hint } = error;
    this.events.push({ ...this.event(null, null), type: 'rejected', reason, message, hint, content: digest });
  }

  #remember(unit: Subject, content: string, id: string, error: Rejected, source: Source | null): void {
    const { reason, message, hint } = error;
    const rejection = { id, reason, message, hint, rule: unit.rule, source };
    this.put(withRejection(this.state(unit.id), content, rejection));
  }

  /** Lets a unit wait for a person, told once for each content, rule and place. */
  wait(
    unit: Subject,
    { content, source }: Pick<Desired, 'content' | 'source'>,
    obstacle: Obstacle,
    owner: string | null,
  ): void {
    const state = this.state(unit.id);
    const { reason, paths } = obstacle;
    const { rule } = unit;
    const { waiting } = state;
    if (waiting?.content === content && waiting.rule === rule && waiting.reason === reason) return;
    const { message, hint } = obstacleText(obstacle, unit.id, owner);
    const event = this.event(unit.id, source);
    this.put({ ...state, waiting: { id: event.id, reason, message, hint, content, rule, paths: [...paths] } });
    const edited = reason !== 'PlaceTaken' && reason !== 'PathBlocked';
    if (edited) this.events.push({ ...event, type: 'waiting', reason, message, hint, paths: [...paths] });
    else this.events.push({ ...event, type: 'rejected', reason, message, hint, content });
    if (!edited) this.#note(source, { reason, message, hint, facts: { paths } });
  }

  /** Whether nothing of a unit lands until a person lets it: said in the log. */
  isStopped(concern: Concern | ImageConcern): boolean {
    if (this.state(concern.unit.id).stopped === undefined) return false;
    const why = 'a release of it failed, and its rule lets nothing more of it land';
    if ('image' in concern.unit) this.nothingOfImage(concern as ImageConcern, why);
    else this.nothing(concern as Concern, why);
    return true;
  }

  /** Says in the log why what was uploaded changes nothing. */
  nothing({ unit, changes }: Concern, why: string): void {
    for (const { bucket, key } of changes)
      this.deps.log('nothing to do', { unit: unit.id, source: addressOf({ bucket, key }), why });
  }

  /** The same of an image's events. */
  nothingOfImage({ unit, changes }: ImageConcern, why: string): void {
    for (const { image, tag } of changes)
      this.deps.log('nothing to do', { unit: unit.id, source: `${image}:${tag ?? '*'}`, why });
  }

  #note(source: Source | null, body: Readonly<Record<string, unknown>>): void {
    const object = objectOf(source);
    if (object === null) return;
    const { bucket, key, etag, versionId } = object;
    this.notes.push({ bucket, key, body: { key, etag, versionId, at: this.now.toISOString(), ...body } });
  }
}
