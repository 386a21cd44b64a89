import type { ObjectChange } from '../../../shared/change/change.ts';
import { asFerryError, type FerryError, Rejected } from '../../../shared/errors.ts';
import type { Entry, GitObject, Oid } from '../../../shared/git/object.ts';
import type { ObjectSource } from '../../../shared/ledger/state.ts';
import { recordOf, withRejection } from '../../../shared/ledger/state.ts';
import { RELEASE_REJECTED } from '../../../shared/unit/release-file.ts';
import { imageUnit, unitsOf } from '../../../shared/unit/unit.ts';
import { claimsOf, eventOf } from '../attribution.ts';
import type { Batch } from '../batch.ts';
import { after, blank, commitRelease, type Part } from '../commit.ts';
import { digestOf } from '../files/content.ts';
import { conclude, wasTurnedAway } from '../files/release.ts';
import { cut } from '../message.ts';
import { draftImages, draftObjects } from './draft.ts';
import { findMembers, type Members, missingOf } from './members.ts';
import type { OpenRelease } from './open.ts';
import { look } from './steady.ts';

/** An open release file that something points at, and the events of the file itself. */
export interface ReleaseConcern {
  readonly release: OpenRelease;
  readonly changes: readonly ObjectChange[];
}

/**
 * Plans the release files of a batch: each lands whole, in one commit, once all that it names is there. Returns those it
 * decided, and what was there; others join `troubled`.
 */
export async function planReleases(
  batch: Batch,
  concerns: readonly ReleaseConcern[],
  troubled: Map<string, FerryError>,
): Promise<ReadonlyMap<string, string>> {
  const planned = new Map<string, string>();
  for (const concern of concerns) {
    const { unit } = concern.release;
    const seen = await planRelease(batch, concern).catch(asFerryError);
    if (typeof seen === 'string') planned.set(unit.id, seen);
    else troubled.set(unit.id, seen);
  }
  return planned;
}

async function planRelease(batch: Batch, concern: ReleaseConcern): Promise<string> {
  const { release } = concern;
  const { unit, file } = release;
  let seen = '';
  try {
    seen = await look(release, batch.deps);
    if (file instanceof Rejected) throw file;
    const members = await findMembers(file, batch);
    const missing = missingOf(members);
    if (missing.length === 0) await landTogether(batch, concern, members);
    else if (isLate(batch, release)) throw lateness(missing);
    else {
      const source = `s3://${unit.release.bucket}/${unit.key}`;
      batch.deps.log('nothing to do', { unit: unit.id, source, why: `it waits for ${missing.join(', ')}` });
    }
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    await refuse(batch, concern, error);
  }
  return seen;
}

export function sourceOf({ unit, object }: OpenRelease): ObjectSource {
  const { key, etag, versionId, modified } = object;
  return { bucket: unit.release.bucket, key, etag, versionId, modified };
}

function isLate({ now }: Batch, { unit, object }: OpenRelease): boolean {
  return now.getTime() - Date.parse(object.modified) > unit.release.deadline;
}

function lateness(missing: readonly string[]): Rejected {
  const [first = '', ...others] = missing;
  const words = others.length === 0 ? first : `${first} and ${others.length} more`;
  return new Rejected('ReleaseIncomplete', `${words} did not come before the release's deadline.`, {
    hint: 'Publish what is missing, and upload the release file again.',
    facts: { missing },
  });
}

/** Turns a release away, and with it all that it names: nothing of it lands by itself later. */
async function refuse(batch: Batch, { release, changes }: ReleaseConcern, error: Rejected): Promise<void> {
  const { unit, object, file } = release;
  const publisher = eventOf(object, changes)?.publisher ?? null;
  batch.reject(unit, contentOf(release).content, error, sourceOf(release), publisher);
  if (file instanceof Rejected) return;
  const { config, round, events } = batch;
  const named = [
    ...file.objects.flatMap(({ bucket, key, digest }) =>
      unitsOf(config, bucket, key).map((one) => [one, digest] as const),
    ),
    ...file.images.flatMap(({ image, digest }) =>
      config.images.filter((rule) => rule.image === image).map((rule) => [imageUnit(rule), digest] as const),
    ),
  ];
  await round.ledger.load(named.map(([{ id }]) => id));
  const message = `The release file ${unit.key} named it and was rejected (${error.reason}).`;
  const { hint } = error;
  for (const [{ id, rule }, digest] of named) {
    const rejection = { id: events.at(-1)?.id ?? '', reason: RELEASE_REJECTED, message, hint, rule, source: null };
    if (recordOf(batch.state(id))?.content !== digest) batch.put(withRejection(batch.state(id), digest, rejection));
  }
}

async function landTogether(batch: Batch, { release, changes }: ReleaseConcern, members: Members): Promise<void> {
  const { unit, object } = release;
  const wanted = new Map(members.images.map(({ unit, wanted }) => [unit.image.name, wanted]));
  const objects = await draftObjects(batch, members.objects, wanted);
  if ('wait' in objects) return batch.wait(unit, contentOf(release), objects.wait, objects.owner);
  const images = await draftImages(batch, members.images, objects.drafts);
  if ('wait' in images) return batch.wait(unit, contentOf(release), images.wait, null);

  const event = eventOf(object, changes);
  const about = { ...contentOf(release), version: null, root: '' };
  const own: Part = {
    before: batch.state(unit.id),
    made: { ...blank(batch, unit.rule, about), publisher: event?.publisher ?? null },
    stood: {},
  };
  const parts = [own, ...objects.drafts.map(({ part }) => part), ...images.parts].map(withoutRejection);
  const edits = new Map<string, Entry | null>();
  const added = new Map<Oid, GitObject>();
  for (const written of [...objects.drafts.map((draft) => draft.written), images.written]) {
    for (const [path, entry] of written.edits) edits.set(path, entry);
    for (const [oid, one] of written.objects) added.set(oid, one);
  }
  if (edits.size === 0) {
    for (const { before, made, stood } of parts) batch.put(after(before, made, stood));
    const { content, source } = contentOf(release);
    batch.events.push({ ...batch.event(unit.id, source), type: 'adopted', version: null, content });
  } else
    await commitRelease(batch, parts, {
      edits,
      objects: added,
      summary: `Release ${nameOf(release)}`,
      body: cut([...objects.drafts.flatMap(({ written }) => written.body), ...images.body]),
      claims: claimsOf(object.metadata),
      changedAt: event?.at ?? null,
    });
  if (wasTurnedAway(own.before, unit.key)) batch.redeemed.push(sourceOf(release));
  for (const { unit, part, decided } of objects.drafts) await conclude(batch, unit, part.before, decided);
}

function contentOf(release: OpenRelease): { readonly content: string; readonly source: ObjectSource } {
  const { bytes, etag } = release.object;
  return { content: bytes === null ? `etag:${etag}` : digestOf(bytes), source: sourceOf(release) };
}

/** A release that lands lifts what an earlier one, that was rejected, left behind. */
function withoutRejection(part: Part): Part {
  const rejected = Object.entries(part.before.rejected).filter(([, { reason }]) => reason !== RELEASE_REJECTED);
  return { ...part, before: { ...part.before, rejected: Object.fromEntries(rejected) } };
}

/** The release file's name without its ending. */
function nameOf({ unit }: OpenRelease): string {
  return unit.key.slice(unit.key.lastIndexOf('/') + 1).replace(/\.release\.yaml$/u, '');
}
