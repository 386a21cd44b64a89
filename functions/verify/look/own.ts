import * as z from 'zod';
import { Rejected } from '../../../shared/errors.ts';
import { parseCommit } from '../../../shared/git/commit.ts';
import { Draft } from '../../../shared/git/draft.ts';
import type { Remote } from '../../../shared/git/remote.ts';
import { FOLDER } from '../../../shared/git/tree.ts';
import { readDocuments } from '../../../shared/manifest/documents.ts';
import type { Landed } from '../../../shared/notice/landed.ts';

const name = z.string().max(253);
const declared = z.object({ group: name, kind: name, namespace: name.nullable(), name });

/** What the release's commit says of the unit. It never changes, so that it is read once a chain, and remembered. */
export const own = z.object({
  /** The objects of its files. */
  objects: z.array(declared),
  /** Its files are a chart's, whose objects are known in the cluster only. */
  chart: z.boolean(),
  /** The commits that it came on top of. */
  parents: z.array(z.string()),
});

export type Own = z.infer<typeof own>;

/** Objects that are remembered, and their size there in characters: what is beyond is judged by its agent alone. */
const OBJECTS = 300;
const REMEMBERED = 100_000;
/** Files that are read, and characters of them that are parsed. */
const FILES = 300;
const CHARACTERS = 4 * 2 ** 20;

const document = z.looseObject({
  apiVersion: z.string().max(253),
  kind: name,
  metadata: z.looseObject({ name, namespace: name.nullish() }),
});
const list = z.looseObject({ items: z.array(z.unknown()) });

/** Reads what the unit declares at its release. Throws what Git throws. */
export async function readOwn(remote: Remote, { commit, paths }: Pick<Landed, 'commit' | 'paths'>): Promise<Own> {
  const draft = new Draft(remote, commit);
  await draft.open(paths.length === 0 ? ['-'] : paths);
  const { parents } = parseCommit(draft.object(commit));
  const charts = paths.filter((path) => isOfChart(draft, path));
  const plain = paths.filter((path) => path !== '' && !charts.includes(path));
  const folders = plain.filter((path) => draft.entry(path)?.mode === FOLDER);
  const below = folders.length === 0 ? [] : [...(await draft.files(folders)).keys()];
  const files = [...plain, ...below].filter((path) => /\.(?:ya?ml|json)$/iu.test(path)).slice(0, FILES);
  await draft.open(files);
  const texts = [...(await draft.read(files)).values()].map((bytes) => Buffer.from(bytes).toString());
  return { objects: declaredIn(texts), chart: charts.length > 0, parents: [...parents] };
}

/** A file of a chart stands beside its Chart.yaml, or in a folder that does. */
function isOfChart(draft: Draft, path: string): boolean {
  const parts = path.split('/');
  return parts.some((_, depth) => {
    const entry = draft.entry([...parts.slice(0, depth), 'Chart.yaml'].join('/'));
    return entry?.mode.startsWith('100') ?? false;
  });
}

/** The objects in these files; what is none, or can't be read, is left to its agent. */
export function declaredIn(texts: readonly string[]): Own['objects'] {
  const found = new Map<string, Own['objects'][number]>();
  let characters = 0;
  let remembered = 0;
  for (const text of texts) {
    characters += text.length;
    if (characters > CHARACTERS) break;
    for (const value of documentsOf(text)) {
      const parsed = document.safeParse(value).data;
      if (parsed === undefined || /^Kustomization$|^Component$/u.test(parsed.kind)) continue;
      const { apiVersion, kind, metadata } = parsed;
      const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
      const one = { group, kind, namespace: metadata.namespace ?? null, name: metadata.name };
      const key = JSON.stringify(one);
      if (found.has(key)) continue;
      remembered += key.length;
      if (found.size >= OBJECTS || remembered > REMEMBERED) return [...found.values()];
      found.set(key, one);
    }
  }
  return [...found.values()];
}

function documentsOf(text: string): readonly unknown[] {
  try {
    return readDocuments(text).flatMap((value) => [value, ...(list.safeParse(value).data?.items ?? [])]);
  } catch (error) {
    if (error instanceof Rejected) return [];
    throw error;
  }
}
