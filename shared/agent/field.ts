import * as z from 'zod';
import type { KubeObject, ObjectRef } from './cluster.ts';

/** So much of a text is kept: what agents and pods say of a failure may hold the whole output of a program. */
const LONGEST = 16_384;

/**
 * What stands in an object is written by agents, by their next versions, and by whoever may edit it. A field that is
 * missing or of another type reads as null, and an entry of a list that is none is left out: so one odd object spoils
 * nothing but what it says itself.
 */
export const text = z
  .string()
  .transform((value) => value.slice(0, LONGEST))
  .nullable()
  .catch(null);
export const count = z.number().nullable().catch(null);
/** False when it is missing. */
export const flag = z.boolean().catch(false);

const absent = Symbol('absent');

/** Entries that can't be read are left out; no list is an empty one. */
export function listOf<T extends z.ZodType>(entry: T) {
  return z
    .array(entry.or(z.any().transform(() => absent)))
    .transform(
      (entries) => entries.filter((one): one is Exclude<typeof one, symbol> => one !== absent) as z.output<T>[],
    )
    .catch([]);
}

/** Values that are no text are left out; no map is an empty one. */
export const texts = z
  .record(z.string(), z.unknown())
  .transform((map) => {
    const entries = Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return Object.fromEntries(entries) as Readonly<Record<string, string>>;
  })
  .catch({});

/** An object whose fields are read as above; all of it null when it is none. */
export function part<T extends z.ZodRawShape>(shape: T) {
  return z.object(shape).nullable().catch(null);
}

/** As above, but never null: its fields are. */
export function fields<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((value) => (isMap(value) ? value : {}), z.object(shape));
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const condition = z.object({
  type: z.string(),
  /** `True`, `False` or `Unknown`. */
  status: text,
  reason: text,
  message: text,
  observedGeneration: count,
  lastTransitionTime: text,
});

/** One of an object's conditions, in the agent's own words. */
export type Condition = z.infer<typeof condition>;

export const conditions = listOf(condition);

/** The condition of that type; null when the object has none. */
export function conditionOf(all: readonly Condition[], type: string): Condition | null {
  return all.find((one) => one.type === type) ?? null;
}

/** Where this object stands. */
export function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  return { apiVersion, kind, namespace: metadata.namespace ?? null, name: metadata.name };
}

/** Whether both name one object, in whatever version of its API. */
export function isSame(one: ObjectRef, other: ObjectRef): boolean {
  return keyOf(one) === keyOf(other);
}

/** One text for one object, in whatever version of its API. */
export function keyOf({ apiVersion, kind, namespace, name }: ObjectRef): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return JSON.stringify([group, kind, namespace, name]);
}
