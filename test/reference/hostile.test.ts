import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rejected } from '../../shared/errors.ts';
import { maskReferences, setReferences, valueFor } from '../../shared/reference/edit.ts';
import { findReferences } from '../../shared/reference/find.ts';
import { rejection } from '../artifact/rejection.ts';
import { assertLinear, cpuTime } from '../cost.ts';

const IMAGES = new Set(['docker.io/library/nginx']);
const MARKED = '# {"$imagepolicy": "a:b:tag"}';

function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('');
}

/** Finds, sets and masks all references; the number of them. */
function work(text: string): number {
  const { references } = findReferences(text, IMAGES);
  const target = { name: 'nginx', tag: '2.0.0', digest: null };
  const after = setReferences(text, IMAGES, new Map(references.map((one) => [one.id, valueFor(one, target)])));
  assert.equal(maskReferences(after, IMAGES), maskReferences(text, IMAGES));
  return references.length;
}

const refused: Readonly<Record<string, readonly [text: string, reason: RegExp]>> = {
  'fault 28: an alias bomb': [
    `image: nginx:1\na0: &a0 [x,x,x,x,x,x,x,x,x]\n${repeat(11, (at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]\n`)}`,
    /^YamlTooComplex$/u,
  ],
  'fault 28: a bomb of merge keys': [
    `a: &a\n${repeat(20_000, (at) => `  k${at}: nginx\n`)}${repeat(900, (at) => `b${at}: {<<: *a}\n`)}`,
    /^YamlTooComplex$/u,
  ],
  'fault 28: 20,000 brackets': [`image: nginx:1\na: ${'['.repeat(20_000)}`, /^Yaml/u],
  'fault 28: 20,000 list marks': [`image: nginx:1\n${'- '.repeat(20_000)}x`, /^Yaml/u],
  'fault 28: 1,000 levels': [repeat(1000, (at) => `${' '.repeat(at)}nginx:\n`), /^Yaml/u],
  'fault 28: five million characters': [`image: nginx:1 # ${'x'.repeat(5_000_000)}\n`, /^YamlTooLarge$/u],
  'fault 29: a key that is there twice': ['image: nginx:1\nimage: nginx:2\n', /^YamlInvalid$/u],
  'fault 29: an unknown tag': ['image: !Ref nginx:1\n', /^YamlInvalid$/u],
  'fault 29: an alias without an anchor': ['image: *nginx\n', /^YamlInvalid$/u],
  'fault 29: an alias before its anchor': ['a: *b\nimage: &b nginx:1\n', /^YamlInvalid$/u],
  'a line that only other readers see': ['# \rimage: nginx:1\n', /^YamlInvalid$/u],
  'what was no text': ['image: nginx:1 # \ufffd\n', /^NotUtf8$/u],
  'fault 32: a template': ['{{- range .Values.all }}\nimage: nginx:1\n{{- end }}\n', /^TemplateFile$/u],
  'fault 32: a template in a value': ['image: nginx:1\nreplicas: {{ .Values.replicas }}\n', /^TemplateFile$/u],
};
for (const [what, [text, reason]] of Object.entries(refused)) {
  test(`${what} is rejected fast`, () => {
    const cost = cpuTime(() => {
      for (const act of [() => findReferences(text, IMAGES), () => maskReferences(text, IMAGES)]) {
        assert.throws(act, (error: unknown) => {
          assert.ok(error instanceof Rejected, String(error));
          assert.match(error.reason, reason);
          return rejection(error.reason)(error);
        });
      }
    });
    assert.ok(cost < 2000, `${cost} ms`);
  });
}

test('a file of 100 kB and 1,000 documents takes well under a second', () => {
  const text = repeat(
    1000,
    (at) => `kind: Pod\napiVersion: v1\nmetadata: {name: p${at}}\nspec: {image: "nginx:${at}"}\n---\n`,
  );
  let count = 0;
  const cost = cpuTime(() => {
    count = work(text);
  });
  assert.equal(count, 1000);
  assert.ok(cost < 2500, `${cost} ms for finding once, setting once, masking twice`);
});

const many: Readonly<Record<string, (count: number) => string>> = {
  documents: (count) => repeat(count, () => 'image: nginx:1\n---\n'),
  'items of one name': (count) => repeat(count, () => '- {name: a, image: "nginx:1"}\n'),
  markers: (count) => repeat(count, () => `- 1.0.0 ${MARKED}\n`),
  'markers above items': (count) => repeat(count, () => `${MARKED}\n- 1.0.0\n`),
  parameters: (count) =>
    `helm:\n  parameters:\n${repeat(count, (at) => `  - {name: a${at}.image, value: "nginx:1"}\n`)}`,
  'strings of YAML': (count) =>
    `apiVersion: v1\nkind: ConfigMap\ndata:\n${repeat(count, (at) => `  a${at}.yaml: |\n    image: nginx:1\n`)}`,
  'lines in a string of YAML': (count) =>
    `apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n${repeat(count, (at) => `    k${at}: {image: "nginx:1"}\n`)}`,
};
for (const [what, text] of Object.entries(many)) {
  test(`${what} cost time linear in their number`, () => {
    assertLinear((count) => {
      assert.equal(work(text(count)), count);
    }, 1000);
  });
}

test('problems by the thousand cost no more', () => {
  const entries = `images:\n${repeat(5000, () => '- {name: nginx, newTag: v1}\n')}`;
  const misplaced = repeat(5000, () => `${MARKED}\n\n`);
  const torn = `a: &a v1\n${repeat(900, (at) => `b${at}: {repository: ${at % 2 ? 'nginx' : `x${at}`}, tag: *a}\n`)}`;
  const cost = cpuTime(() => {
    assert.equal(findReferences(entries, IMAGES).problems.length, 5000);
    assert.equal(findReferences(misplaced, IMAGES).problems.length, 5000);
    assert.equal(findReferences(torn, IMAGES).problems.length, 450);
  });
  assert.ok(cost < 2000, `${cost} ms`);
});

test('strings of YAML inside each other are followed so far and no further', () => {
  let text = 'image: nginx:1\n';
  for (let depth = 0; depth < 6; depth += 1) {
    const inner = text.replaceAll(/^/gmu, '    ').trimEnd();
    text = `apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n${inner}\n`;
    assert.equal(findReferences(text, IMAGES).references.length, depth < 2 ? 1 : 0);
  }
});

test('a fault inside a string of YAML is told, and the rest is set', () => {
  const helm = (values: string): string => `- image: nginx:1\n- helm:\n    values: |\n      ${values}\n`;
  for (const [values, reason] of [
    ['image: [nginx:1', 'YamlInvalid'],
    ['image: {{ nginx }}', 'TemplateFile'],
    ['{image: "nginx:1", image: x}', 'YamlInvalid'],
  ] as const) {
    const { references, problems } = findReferences(helm(values), IMAGES);
    assert.deepEqual(
      [references.map(({ line }) => line), problems.map(({ line, reason }) => [line, reason])],
      [[1], [[3, reason]]],
    );
  }
});
