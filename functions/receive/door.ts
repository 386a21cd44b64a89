import type { ImageChange } from '../../shared/change/change.ts';
import { imageTag } from '../../shared/change/image.ts';
import type { Nothing } from '../../shared/change/nothing.ts';
import { Rejected } from '../../shared/errors.ts';
import { parseImage } from '../../shared/image/image.ts';
import type { LookNow } from '../../shared/notice/look.ts';

/** How whoever knocks shows that it knows a secret of the door. */
export type Proof =
  /** The HMAC-SHA256 of the body in this header: `sha256=<hex>`. */
  | { readonly kind: 'signature'; readonly header: string }
  /** The header Authorization: `Bearer <secret>`, `Basic` with it as the password, or the secret alone. */
  | { readonly kind: 'authorization' }
  /** The secret in a header of its own. */
  | { readonly kind: 'token'; readonly header: string }
  /** The secret in the path, behind the door's name: for those who can't be told to send a header. */
  | { readonly kind: 'path' };

/** The value of a request's header by its lower-case name. */
export type Header = (name: string) => string | undefined;

/** What an event says: a change, that a cluster is worth a look, or why it is neither. */
export type Told = ImageChange | LookNow | Nothing;

/** What one registry's webhooks come through. */
export interface Door {
  /** Each of them is enough. */
  readonly proofs: readonly Proof[];
  /** Media types that are taken beside `application/json`. */
  readonly types?: readonly string[];
  /** Headers without which it is none of its requests. */
  readonly headers?: readonly string[];
  /** @throws Rejected EventInvalid and others when it is not what the registry sends. */
  read(event: unknown, header: Header): readonly Told[];
}

/**
 * Reads the events of one notification. One that is at fault is told of: it must not hold back the others, nor the
 * registry, which would send all of them again until they are taken.
 */
export function readEach(events: readonly unknown[], read: (event: unknown) => Told): readonly Told[] {
  return events.map((event, index) => {
    try {
      return read(event);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      return { kind: 'nothing', reason: error.reason, source: `event ${index + 1}`, why: error.message };
    }
  });
}

/** The canonical image, and the tag if there is one, of a full reference. @throws Rejected EventInvalid. */
export function readReference(text: string, field: string): { readonly image: string; readonly tag: string | null } {
  const named = parseImage(text);
  // A name without a host would be one of Docker Hub.
  if (named === null || !/^(?:localhost|[^/]*[.:][^/]*)\//u.test(named.written)) throw wrong(field, 'is no image');
  return { image: named.image, tag: named.tag };
}

/** @throws Rejected EventInvalid. */
export function readTag(text: string, field: string): string {
  if (!imageTag.safeParse(text).success) throw wrong(field, 'is no tag');
  return text;
}

export function wrong(field: string, what: string): Rejected {
  return new Rejected('EventInvalid', `The event's ${field} ${what}.`, { facts: { path: field } });
}

/** Seconds since 1970 as ISO 8601; left out when they are none. */
export function timeOf(seconds: number | undefined): string | undefined {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
