import * as z from 'zod';
import type { KubeObject } from './cluster.ts';
import { count, listOf, text, texts } from './field.ts';

const maybe = text.transform((value) => value ?? undefined);
const metadata = z.object({
  name: z.string().min(1).max(1000),
  namespace: maybe,
  uid: maybe,
  generation: count.transform((value) => value ?? undefined),
  resourceVersion: maybe,
  creationTimestamp: maybe,
  deletionTimestamp: maybe,
  labels: texts,
  annotations: texts,
  ownerReferences: listOf(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string() })),
  managedFields: z.array(z.unknown()).optional().catch(undefined),
  finalizers: listOf(z.string()),
});
const object = z.looseObject({ metadata });

/**
 * Takes an object from an answer; null for what is none. Lists of Kubernetes' own kinds leave out what their entries are:
 * they are what was asked for. All else in it stays as it came.
 */
export function readObject(value: unknown, apiVersion: string, kind: string): KubeObject | null {
  const read = object.safeParse(value).data;
  return read === undefined ? null : { ...read, apiVersion, kind };
}

const page = z.object({
  items: z.array(z.unknown()),
  metadata: z.object({ continue: text }).catch({ continue: null }),
});

/** A page of a list; null for what is none. */
export function readPage(value: unknown): { readonly items: readonly unknown[]; readonly next: string | null } | null {
  const read = page.safeParse(value).data;
  return read === undefined ? null : { items: read.items, next: read.metadata.continue || null };
}

const status = z.object({ message: z.string(), reason: text });

/** What the API server says of a refusal: its sentence and its reason; null when it says none. */
export function readStatus(body: string): { readonly message: string; readonly reason: string | null } | null {
  try {
    return status.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}
