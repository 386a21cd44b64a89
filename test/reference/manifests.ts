import fc from 'fast-check';
import { parse } from 'yaml';

/** A value that an image policy may set, with what stands around it. */
export interface Hole {
  readonly old: string;
  readonly form: 'image' | 'tag';
  readonly quote: '' | "'" | '"';
}

/** A file, as its fixed pieces and the holes between them. */
export type Pieces = readonly (string | Hole)[];

export const NAME = 'ghcr.io/acme/api';

/** How a hole may be filled; quotes are added where one reader or another would take the word for no string. */
export function fillings({ quote }: Hole, text: string): readonly string[] {
  if (quote !== '') return [`${quote}${text}${quote}`];
  const read = ['1.1', '1.2'].map((version) => typeof parse(text, { version: version as '1.1' }));
  if (read.some((type) => type !== 'string')) return [`"${text}"`];
  return /^v\d+\.\d+\.\d+$/u.test(text) ? [text] : [text, `"${text}"`];
}

export function written(pieces: Pieces): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? piece : `${piece.quote}${piece.old}${piece.quote}`))
    .join('');
}

const EOL = fc.constantFrom('\n', '\r\n');
const QUOTE = fc.constantFrom<Hole['quote']>('', "'", '"');
const BEHIND = fc.constantFrom('', ' ', '\t', ' # kept', '\t# image: ghcr.io/acme/api:9', ' #', '  ## "quoted" {x: ');
const NOISE = fc.constantFrom(
  ...['', '# a comment', '# image: ghcr.io/acme/api:9', '#', '   ', '# "unclosed', '# - {', '# ümläut \u{1f600}'],
);
const FIELD = fc.constantFrom(
  ...[
    'plain: a b  c',
    "single: 'it''s'",
    'double: "a\\tb \\u00e9: #"',
    'flow: {a: [1, 2.0, 010], b: {c: ~}}',
    'empty:',
  ],
  ...[
    'number: 0x1F',
    'version: 1.10',
    'text: |\n@  image: ghcr.io/acme/api:9\n@\n@  # no comment',
    'folded: >-\n@  a\n@  b',
  ],
  ...['anchored: &anchor {x: 1}', 'image: ghcr.io/acme/other:1', 'tag: 1.0', '"quoted key": y', 'long: a\n@  b\n@  c'],
);

/** Lines at one indentation: noise, fields of any sort (each once), and what matters. */
function block(indent: string, holes: fc.Arbitrary<readonly Pieces[]>, keys: boolean): fc.Arbitrary<readonly Pieces[]> {
  return fc
    .tuple(
      fc.uniqueArray(keys ? FIELD : NOISE, { maxLength: 2, selector: (field) => field.split(':')[0] }),
      NOISE,
      holes,
    )
    .map(([fields, noise, inner]) => [...fields.map((field) => [field.replaceAll('@', indent)]), [noise], ...inner]);
}

/** Tags that occur nowhere else, so that they can be told apart in what was parsed. */
let counter = 0;
const HOLE = (form: Hole['form']): fc.Arbitrary<Hole> =>
  QUOTE.map((quote) => {
    counter += 1;
    return { old: form === 'tag' ? `v0.0.${counter}` : `${NAME}:v0.0.${counter}`, form, quote };
  });

const container = fc
  .tuple(HOLE('image'), BEHIND, fc.boolean(), fc.nat(3))
  .map(
    ([hole, behind, flow, at]): Pieces =>
      flow
        ? [`    - {name: c${at}, image: `, hole, `, ports: [{containerPort: 80}]}${behind}`]
        : [`    - name: c${at}${behind}\n      image:   `, hole, behind],
  );
const pod = fc
  .array(container, { minLength: 1, maxLength: 3 })
  .chain((lines) =>
    block('', fc.constant([['apiVersion: v1'], ['kind: Pod'], ['spec:'], ['  containers:'], ...lines]), true),
  );
const values = fc
  .tuple(HOLE('tag'), BEHIND, fc.constantFrom('block', 'flow', 'marked', 'registry'))
  .chain(([hole, behind, style]) => {
    const lines: Readonly<Record<typeof style, readonly Pieces[]>> = {
      block: [['app:'], ['  repository: ghcr.io/acme/api'], ['  # between'], ['  "tag" :  ', hole, behind]],
      flow: [['app: {repository: "ghcr.io/acme/api" , tag: ', hole, `, x: y}${behind}`]],
      marked: [['app:'], ['  version: ', hole, '\t# {"$imagepolicy": "ns:api:tag"}']],
      registry: [
        ['app:'],
        ['  image:'],
        ['    registry: ghcr.io'],
        ['    tag: ', hole, behind],
        ['    repository: acme/api'],
      ],
    };
    return block('', fc.constant(lines[style]), true);
  });
const kustomization = fc
  .tuple(HOLE('tag'), BEHIND)
  .chain(([hole, behind]) =>
    block(
      '',
      fc.constant([
        ['kind: Kustomization'],
        ['images:'],
        ['- name: x'],
        ['  newName: ghcr.io/acme/api'],
        ['  newTag: ', hole, behind],
      ]),
      true,
    ),
  );
const application = fc
  .tuple(HOLE('tag'), BEHIND, fc.constantFrom('|', '|-', '|+', '|2'), NOISE)
  .map(([hole, behind, header, noise]): readonly Pieces[] => [
    ['spec:'],
    ['  helm:'],
    [`    values: ${header}`],
    [noise.trim() === '' ? '' : `      ${noise}`],
    ['      app: {a: 1}'],
    [''],
    ['      image:'],
    ['        repository: ghcr.io/acme/api'],
    ['        tag: ', hole, behind],
    ['    other: 1'],
  ]);
const noise = fc.array(NOISE, { maxLength: 3 }).map((lines): readonly Pieces[] => lines.map((line) => [line]));

/** Files of several documents, with comments and odd values all around what may be set. */
export const FILE: fc.Arbitrary<Pieces> = fc
  .tuple(
    fc.constantFrom('', '\ufeff'),
    EOL,
    fc.array(fc.oneof(pod, values, kustomization, application, noise), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('---', '--- # next', '...\n---'),
    fc.boolean(),
  )
  .map(([mark, eol, documents, between, ended]) => {
    const lines = documents.flatMap((document, at) => [...(at === 0 ? [] : [[between]]), ...document]);
    const pieces = lines.flatMap((line, at) => [...line, ended || at < lines.length - 1 ? '\n' : '']);
    return [mark, ...pieces.map((piece) => (typeof piece === 'string' ? piece.replaceAll('\n', eol) : piece))];
  });

/** Tags as people give them, and those that are numbers, dates or booleans to someone. */
export const TAG: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((version) => `v${version.join('.')}`),
  fc.constantFrom(
    '1.10',
    '1e3',
    'no',
    '0123',
    '1_000',
    '0x1F',
    'null',
    'Yes',
    'off',
    '2024-01-02',
    '1',
    '0o17',
    '1.',
    'n',
  ),
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}$/u),
);
