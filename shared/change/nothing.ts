/** Why an event changes nothing. It is acknowledged, and this is logged. */
export interface Nothing {
  readonly kind: 'nothing';
  /** CamelCase, stable. */
  readonly reason: string;
  /** What it is about: an image's name, or whatever of it is known. */
  readonly source: string;
  /** One sentence. */
  readonly why: string;
}

/** Policies choose among tags: what has none is nothing to them. */
export function noTag(source: string): Nothing {
  return { kind: 'nothing', reason: 'NoTag', source, why: 'It was pushed without a tag.' };
}

/** Pulls, deletions, scans, tests of the connection. `event`: as whoever sent it calls it. */
export function notAPush(source: string, event: string): Nothing {
  return { kind: 'nothing', reason: 'NotAPush', source, why: `${quoted(event)} is no push.` };
}

/** Layers, packages of other kinds. `content`: as whoever sent it calls it. */
export function notAnImage(source: string, content: string): Nothing {
  return { kind: 'nothing', reason: 'NotAnImage', source, why: `${quoted(content)} is no image.` };
}

/** A word from outside, no longer than anybody wants to read. */
function quoted(word: string): string {
  return `"${word.slice(0, 100)}"`;
}
