import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { changedPaths } from '../servers/awkward-repository.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { digestNamed } from '../simulation/memory-images.ts';
import { changedLines, deployment, imageOf, pinned, policy, push, read, rules, tellImage, workOff } from './images.ts';

const IMAGE = `image: ${imageOf('hostile')}:1.0.0`;
const BOMB = `a: &a [x]\n${Array.from(
  { length: 30 },
  (_, at) =>
    `a${at}: &b${at} [${Array(20)
      .fill(at === 0 ? '*a' : `*b${at - 1}`)
      .join(', ')}]\n`,
).join('')}`;

/** Files that name the image, and that nobody can edit safely. */
const HOSTILE: Readonly<Record<string, string | Buffer>> = {
  'alias-bomb': `${BOMB}${IMAGE}\n`,
  brackets: `${IMAGE}\nb: ${'['.repeat(20_000)}\n`,
  deep: `${IMAGE}\n${Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')}`,
  'twice-the-key': `${IMAGE}\nb: 1\nb: 2\n`,
  'twice-the-image': `${IMAGE}\n${IMAGE}\n`,
  'unknown-tag': `${IMAGE}\nb: !secret x\n`,
  'no-such-alias': `${IMAGE}\nb: *nowhere\n`,
  'cut-off': `${IMAGE}\nb: "never closed\n`,
  'not-utf-8': Buffer.concat([Buffer.from(`${IMAGE} # caf`), Buffer.of(0xe9, 0x0a)]),
  template: `{{- if .Values.on }}\n${IMAGE}\n{{ end -}}\nb: {{ .Values.b }}\n`,
};

/** What only its quotes keep a string, and how it is to be written. */
const WORDS: Readonly<Record<string, string>> = {
  '1.10': '"1.10"',
  '1e3': '"1e3"',
  no: '"no"',
  '0123': '"0123"',
  '0x1F': '"0x1F"',
  '1_000': '"1_000"',
  '2026-01-01': '"2026-01-01"',
  null: '"null"',
  'v1.2': 'v1.2',
};
const wordName = (word: string): string => `word-${Object.keys(WORDS).indexOf(word)}`;

const OLD = digestNamed('old');
/** What must stay byte for byte, around a reference each; `@` stands for tag and digest. */
const AWKWARD: Readonly<Record<string, string>> = {
  crlf: `# one\r\nkind: Pod\r\nspec:\r\n  containers:\r\n    - {name: a, image: "${imageOf('awkward')}@",   x: 010}\r\n# end`,
  bom: `\ufeffkind:   Pod\nspec: {containers: [{name: a, image: '${imageOf('awkward')}@'}]}   # behind\n\n\n`,
  anchors: `base: &image ${imageOf('awkward')}@   # anchored\nspec:\n  containers:\n    - name: a\n      image: *image\n    - name: b\n      image:   *image\n`,
  documents: `%YAML 1.2\n---\na: 1.0\n...\n---\nspec:\n    containers:\n    -   name: a\n        image:    ${imageOf('awkward')}@\n---\nb: "\\u00e9"\n`,
  list: `- ${imageOf('other')}:1.0.0\n-   image: >-\n      ${imageOf('awkward')}@\n- "image": x\n`,
  separate: `yes: no\nimage:\n  tag: '1.0.0' # first\n  repository: ${imageOf('awkward')}\n  digest: ${OLD}\n0o17: 0x1F\n`,
};

describe('files and references through mirror', () => {
  let ferry: Ferry;
  before(async () => {
    const words = Object.keys(WORDS);
    const policies = words.map((word) =>
      policy(
        wordName(word),
        `policy: { alphabetical: {} }, filterTags: { pattern: "^${word.replace('.', '\\\\.')}$" }, pin: tag`,
      ),
    );
    const files: Record<string, string | Buffer> = { 'hostile/sound.yaml': deployment(`${imageOf('hostile')}:1.0.0`) };
    for (const [name, text] of Object.entries(HOSTILE)) files[`hostile/${name}.yaml`] = text;
    for (const word of words)
      files[`${wordName(word)}/values.yaml`] = `image:\n  repository: ${imageOf(wordName(word))}\n  tag: 9.9 # kept\n`;
    for (const [name, text] of Object.entries(AWKWARD)) files[`awkward/${name}.yaml`] = text.replace('@', ':1.0.0');
    ferry = await startFerry(
      {},
      files,
      rules(policy('hostile'), policy('awkward'), policy('same'), policy('folded', 'pin: tag'), ...policies),
    );
    await tellImage(ferry, 'nobody');
    await workOff(ferry);
  });
  after(() => ferry.close());

  test('faults 28, 29, 32: what nobody can edit safely is left alone, at once, and the others land', async () => {
    const before = await ferry.server.repository.git('rev-parse', 'main');
    await push(ferry, 'hostile', '1.1.0');
    const start = performance.now();
    await workOff(ferry);
    assert.ok(performance.now() - start < 5000, `${performance.now() - start} ms`);
    assert.equal(await read(ferry, 'hostile/sound.yaml'), deployment(pinned('hostile', '1.1.0')));
    assert.deepEqual(await changedPaths(ferry.server.repository, before, 'main'), ['hostile/sound.yaml']);
    assert.equal(await ferry.depth(), 0);
  });

  test('fault 29: what came damaged is mended by a person, and lands then', async () => {
    await ferry.server.repository.commit({ 'hostile/twice-the-key.yaml': `${IMAGE}\nb: 1\n` });
    await tellImage(ferry, 'hostile', { tag: '1.1.0' });
    await workOff(ferry);
    assert.equal(await read(ferry, 'hostile/twice-the-key.yaml'), `image: ${pinned('hostile', '1.1.0')}\nb: 1\n`);
  });

  test('fault 30: tags that readers would take for something else are written as strings', async () => {
    for (const word of Object.keys(WORDS)) await push(ferry, wordName(word), word);
    await workOff(ferry);
    for (const [word, written] of Object.entries(WORDS)) {
      const text = await read(ferry, `${wordName(word)}/values.yaml`);
      assert.equal(text, `image:\n  repository: ${imageOf(wordName(word))}\n  tag: ${written} # kept\n`);
      for (const version of ['1.1', '1.2'] as const) assert.equal(parse(text, { version }).image.tag, word);
    }
  });

  test('fault 31: line ends, byte order mark, anchors, documents, quotes and styles stay; only the values change', async () => {
    await push(ferry, 'awkward', '1.1.0');
    await workOff(ferry);
    const tagged = `:1.1.0@${digestNamed(`${imageOf('awkward')}:1.1.0`)}`;
    for (const [name, text] of Object.entries(AWKWARD)) {
      const expected =
        name === 'separate'
          ? text.replace('1.0.0', '1.1.0').replace(OLD, tagged.slice(':1.1.0@'.length))
          : text.replace('@', tagged);
      assert.equal(await read(ferry, `awkward/${name}.yaml`), expected, name);
    }
    const lines = await changedLines(ferry);
    assert.equal(lines.filter((line) => line.startsWith('+')).length, Object.keys(AWKWARD).length + 1);
  });

  test('what can not be set without more than itself is rejected, told once, and holds no other up', async () => {
    const text = `images:\n  - name: ${imageOf('folded')}\n    newTag: 1.0.0\n    digest: >-\n      ${OLD}\n`;
    await ferry.server.repository.commit({ 'folded/kustomization.yaml': text });
    const told = ferry.notices.length;
    for (let times = 0; times < 2; times += 1) {
      await push(ferry, 'folded', '1.1.0');
      await push(ferry, 'hostile', `1.2.${times}`);
      await workOff(ferry);
    }
    assert.equal(await read(ferry, 'folded/kustomization.yaml'), text);
    assert.equal(await read(ferry, 'hostile/sound.yaml'), deployment(pinned('hostile', '1.2.1')));
    const rejected = ferry.notices.slice(told).filter(({ type }) => type === 'Rejected');
    assert.deepEqual(
      rejected.map(({ detail }) => [detail.unit, detail.reason]),
      [['apps:folded', 'ReferenceUnwritable']],
    );
  });

  test('fault 34: what says already what it should is recorded, and not committed', async () => {
    const { repository } = ferry.server;
    await repository.commit({ 'same/main.yaml': deployment(pinned('same', '1.1.0')) });
    const before = await repository.git('rev-parse', 'main');
    await push(ferry, 'same', '1.1.0');
    await workOff(ferry);
    assert.equal(await repository.git('rev-parse', 'main'), before);
    const own = (await ferry.events()).filter(({ unit }) => unit === 'apps:same');
    assert.deepEqual(
      own.map(({ type, version }) => [type, version]),
      [['adopted', '1.1.0']],
    );
  });
});
