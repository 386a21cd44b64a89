import { isImage } from '../../shared/ledger/place.ts';
import { REMOVED } from '../../shared/ledger/state.ts';
import type { Said } from './references.ts';
import { policiesOf, type Rules } from './rules.ts';
import { LEDGER, type World } from './world.ts';

/** A release; or a commit by a person, when the ledger says that something was found to be taken back after it. */
export interface Moment {
  readonly oid: string;
  readonly isRelease: boolean;
  /** The units of which something was found to be taken back at this commit. */
  readonly noticed: readonly string[];
  /** What all references said before it, and after it. */
  readonly was: ReadonlyMap<string, Said>;
  readonly is: ReadonlyMap<string, Said>;
  readonly rules: Rules;
  /** All rules since the moment before. */
  readonly since: readonly Rules[];
  /** What it releases; `version` null for nothing. */
  readonly units: readonly {
    readonly unit: string;
    readonly content: string;
    readonly version: string | null;
    /** Whether it takes a release back. */
    readonly reverts: boolean;
  }[];
}

/** All that happened to images, oldest first. */
export function momentsOf(world: World): Moment[] {
  const { read, tip, rulesBy, rules } = world;
  const looked = looks(world);
  const sound: Rules[] = [];
  let since: Rules[] = [];
  return read.commits(tip).flatMap((oid): Moment[] => {
    const said = rulesBy.get(read.files(oid).get('gitferry.yaml')?.oid ?? '') ?? rules;
    const isRelease = read.isRelease(oid);
    if (!said.broken) sound.push(said);
    // While they are broken, the last ones that were sound are followed; which these are, a release of an image tells.
    const named = read.records(oid).flatMap(({ unit }) => (isImage(unit) ? unit : []));
    const isMeant = (one: Rules): boolean => named.every((name) => policiesOf(one).has(name));
    const used = isRelease && said.broken ? (sound.findLast(isMeant) ?? said) : said;
    since.push(used);
    const noticed = looked.filter(({ commit }) => commit === oid).map(({ unit }) => unit);
    if (!isRelease && noticed.length === 0) return [];
    const units = read.records(oid).map(({ unit, release: { content, version, reverts } }) => {
      return { unit, content: content ?? REMOVED, version, reverts: reverts !== undefined };
    });
    const was = read.said(read.parent(oid) ?? oid);
    const made = { oid, isRelease, noticed, was, is: read.said(oid), rules: used, since, units };
    since = [];
    return [made];
  });
}

interface Told {
  readonly type: string;
  readonly unit: string;
}

/** The commits that were the last by people when the ledger says that something was taken back. */
function looks({ repository, read }: World): { readonly commit: string; readonly unit: string }[] {
  const json = <T>(oid: string, path: string): T => JSON.parse(read.text(repository.entry(oid, path)?.oid));
  return read.commits(repository.refs.get(LEDGER) ?? '').flatMap((oid) => {
    const { events } = json<{ events: Told[] }>(oid, 'events.json');
    const { recorded } = json<{ recorded: string | null }>(oid, 'ledger.json');
    const commit = recorded === null ? undefined : read.commits(recorded).findLast((one) => !read.isRelease(one));
    if (commit === undefined) return [];
    return events.flatMap(({ type, unit }) => (type === 'taken-back' ? [{ commit, unit }] : []));
  });
}
