import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Opened } from '../../shared/manifest/closed.ts';
import { checkKinds } from '../../shared/manifest/kinds.ts';
import { HOLE, readTemplate, SEAM } from '../../shared/manifest/template.ts';
import { rejection } from '../artifact/rejection.ts';
import { cpuTime } from '../cost.ts';

const NONE: Opened = { allowKinds: [], denyKinds: [] };

function check(text: string): void {
  checkKinds([{ path: 'templates/a.yaml', bytes: Buffer.from(text) }], 'chart', NONE);
}

describe('readTemplate', () => {
  const cases: readonly (readonly [source: string, text: string])[] = [
    ['a {{ .x }} b', `a ${HOLE} b`],
    ['a{{/* no */}}b{{- /* no */ -}}c', 'abc'],
    ['{{ "{{/*" }}kind{{ "*/}}" }}', '{{/*kind*/}}'],
    ['{{ `}}` }}x', '}}x'],
    ['a \n {{- "b" -}} \n c', 'abc'],
    ['a\n{{- .b -}}\nc', `a\n${HOLE}\nc`],
    ['{{ if eq .a "}}" }}x{{ else }}y{{ end }}', `${SEAM}x${SEAM}y${SEAM}`],
    ['{{ $x := 1 }}{{- 3 -}}', `${SEAM}${HOLE}`],
    ['a {{ "b', 'a {{ "b'],
    ['a {{/* b', 'a {{/* b'],
  ];
  for (const [source, text] of cases) {
    it(`reads ${JSON.stringify(source)}`, () => assert.equal(readTemplate(source).text, text));
  }
});

describe('a kind in a template', () => {
  const version = 'apiVersion: argoproj.io/v1alpha1\n';
  const hidden: readonly string[] = [
    `${version}kind: Application`,
    `{{ if .x }}\n${version}kind: Application\n{{ end }}`,
    `kind: ConfigMap\n---\n${version}kind: Application`,
    `kind: Application\n${version}`,
    'kind: Application',
    'kind:Application\nkind: "Application"',
    `${version}"kind": "Application"`,
    `${version}'kind' : 'Application'`,
    `${version}"k\\x69nd": Application`,
    `${version}"\\U0000006bind": Application`,
    `${version}kind: "\\u0041pplication"`,
    `${version}kind:\tApplication`,
    `${version}kind:\n  Application`,
    `${version}kind: # a comment\n\n  Application`,
    `${version}kind: |-\n  Application`,
    `${version}kind: !!str\n  Application`,
    `${version}kind: !!str Application`,
    `${version}kind: &a Application`,
    `${version}!!str kind: Application`,
    `${version}metadata: { name: &a Application }\nkind: *a`,
    `${version}? kind\n: Application`,
    `${version}? "kind"\r\n: Application`,
    `${version}metadata: &m\n  kind: Application\n<<: *m`,
    `{apiVersion: argoproj.io/v1alpha1, kind: Application}`,
    `{"kind":"Application","apiVersion":"argoproj.io/v1alpha1"}`,
    `{\n  "apiVersion": "argoproj.io/v1alpha1",\n  "kind": "Application"\n}`,
    `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: argoproj.io/v1alpha1\n    kind: Application`,
    `apiVersion: v1\nkind: List\nitems:\n- kind: Application\n  ${version}`,
    `apiVersion: v1\nkind: List\nitems:\n- {{ include "version" . }}\n  kind: Application`,
    `items:\n  -\n    metadata: {}\n    kind: Application\n    apiVersion: {{ .Values.version }}`,
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  {{- include "x" . | nindent 2 }}\n  kind: Application\n`,
    `${version}kind: {{ "Application" }}`,
    `${version}kind: Appli{{ "cation" }}`,
    `${version}kind: Appli{{- "" -}}\n cation`,
    `${version}ki{{/* */}}nd: Application`,
    `${version}ki{{ if .x }}{{ end }}nd: Application`,
    `${version}{{ "kind" }}: Application`,
    `${version}kind: {{ if .x }}Application{{ else }}Deployment{{ end }}`,
    `${version}kind: {{ .x | default "Application" }}\n{{ dict "kind" "Application" }}`,
    `apiVersion: {{ .Values.apiVersion }}\nkind: Application`,
    `# {{ "\\n" }}kind: Application`,
    `# a comment\u2028kind: Application`,
    `{{ "{{/*" }}\n${version}kind: Application\n{{ "*/}}" }}`,
    `{{ dict "apiVersion" "argoproj.io/v1alpha1" "kind" "Application" | toYaml }}`,
    '{{ printf "kind: %s" "Application" }}',
    '{{ "apiVersion: argoproj.io/v1alpha1\\nkind: Application" | indent 0 }}',
    `${version}kind: ApplicationList`,
    `${version}kind: Application {{`,
  ];
  for (const text of hidden) {
    it(`is found: ${JSON.stringify(text)}`, () => assert.throws(() => check(text), rejection('KindNotAllowed')));
  }

  const harmless: readonly string[] = [
    'apiVersion: app.k8s.io/v1beta1\nkind: Application',
    'apiVersion: apps/v1\nkind: {{ .Values.kind }}',
    'apiVersion: apps/v1\nkind: {{ ternary "DaemonSet" "Deployment" .Values.daemonset }}',
    'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  sourceRef:\n    kind: HelmRepository\n    name: x',
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  names:\n    kind: Application\n    plural: x',
    '# kind: Application\n',
    '{{/* kind: Application */}}',
    'apiVersion: v1\nkind: ConfigMap\ndata:\n  mankind: Application\n  kinds: Application',
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization',
  ];
  for (const text of harmless) it(`is no object: ${JSON.stringify(text)}`, () => check(text));

  const costly: Readonly<Record<string, string>> = {
    'many kinds on lines': '  kind: Application\n'.repeat(50_000),
    'many kinds on one line': 'kind: Application, '.repeat(50_000),
    'many kinds in braces': `{${'kind: x, '.repeat(50_000)}`,
    'many comments that are not closed': '{{/*}}'.repeat(300_000),
    'many actions that are not closed': '{{'.repeat(900_000),
    'many strings that are not closed': '{{ "'.repeat(400_000),
    'many tags behind a kind': `kind: ${'!a'.repeat(900_000)} x`,
    'many tags before a key': `${'!a '.repeat(600_000)}kind`,
    'spaces before trim markers': `${' '.repeat(1_500_000)}{{- "" }}`,
    'many kinds by alias': `a: &a Foo\n${'kind: *a\n'.repeat(50_000)}`,
    'many explicit keys': '? kind\n: x\n'.repeat(50_000),
    'a huge action': `{{ ${'"x" '.repeat(400_000)} }}`,
    'a huge string': `{{ "${'x'.repeat(1_500_000)}" }}`,
  };
  for (const [what, text] of Object.entries(costly)) {
    it(`costs little with ${what}`, () => {
      const cost = cpuTime(() => {
        try {
          check(text);
        } catch (error) {
          assert.match((error as { reason?: string }).reason ?? String(error), /^(?:KindNotAllowed|YamlTooLarge)$/u);
        }
      });
      assert.ok(cost < 3000, `${cost} ms`);
    });
  }
});
