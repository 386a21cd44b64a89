import assert from 'node:assert/strict';
import { Rejected } from '../../shared/errors.ts';
import { parseImage } from '../../shared/image/image.ts';
import { setReferences, valueFor } from '../../shared/reference/edit.ts';
import { findReferences } from '../../shared/reference/find.ts';
import type { Target, Value } from '../../shared/reference/reference.ts';

export const DIGEST = `sha256:${'7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730'}`;
export const OTHER_DIGEST = `sha256:${'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c'}`;

/** What references are to name: those marked for a policy, and those of an image. */
export interface Asked {
  readonly policies: Readonly<Record<string, string>>;
  readonly images: readonly string[];
}

export interface Answer {
  readonly text: string;
  /** `<line> <reason>` */
  readonly problems: readonly string[];
}

export function targetOf(reference: string): Target {
  const name = parseImage(reference);
  assert.ok(name?.tag, reference);
  return { name: name.written, tag: name.tag, digest: name.digest };
}

function canonical(reference: string): string {
  return parseImage(reference)?.image ?? '';
}

export function imagesOf({ images }: Asked): ReadonlySet<string> {
  return new Set(images.map(canonical));
}

/** What a text becomes, and what is told of it; a file that is left alone comes back as it is. */
export function answer(text: string, asked: Asked): Answer {
  const images = imagesOf(asked);
  const byImage = new Map(asked.images.map((image) => [canonical(image), targetOf(image)]));
  try {
    const { references, problems } = findReferences(text, images);
    const values = new Map<string, Value>();
    for (const reference of references) {
      const marked = asked.policies[reference.policy ?? ''];
      const target = reference.policy === null ? byImage.get(reference.image ?? '') : marked && targetOf(marked);
      if (target) values.set(reference.id, valueFor(reference, target));
    }
    assert.equal(new Set(references.map(({ id }) => id)).size, references.length, 'no id is there twice');
    return {
      text: setReferences(text, images, values),
      problems: problems.map(({ line, reason }) => `${line} ${reason}`),
    };
  } catch (fault) {
    if (!(fault instanceof Rejected)) throw fault;
    return { text, problems: [`${fault.facts.line ?? 0} ${fault.reason}`] };
  }
}
