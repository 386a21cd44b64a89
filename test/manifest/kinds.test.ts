import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Opened, Origin } from '../../shared/manifest/closed.ts';
import { checkKinds } from '../../shared/manifest/kinds.ts';
import { rejection } from '../artifact/rejection.ts';

const NONE: Opened = { allowKinds: [], denyKinds: [] };

function check(path: string, text: string | Uint8Array, origin: Origin = 'files', opened: Opened = NONE): void {
  checkKinds([{ path, bytes: Buffer.from(text as Uint8Array) }], origin, opened);
}

function rejects(path: string, text: string | Uint8Array, origin: Origin = 'files', opened: Opened = NONE): void {
  assert.throws(() => check(path, text, origin, opened), rejection('KindNotAllowed'), `${path}: ${text}`);
}

function object(apiVersion: string, kind: string): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: x\n`;
}

const AGENT: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['source.toolkit.fluxcd.io/v1', 'GitRepository'],
  ['source.toolkit.fluxcd.io/v1beta2', 'OCIRepository'],
  ['source.toolkit.fluxcd.io/v1', 'Bucket'],
  ['source.toolkit.fluxcd.io/v9', 'SomethingNew'],
  ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'],
  ['image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation'],
  ['fluxcd.controlplane.io/v1', 'FluxInstance'],
  ['argoproj.io/v1alpha1', 'Application'],
  ['argoproj.io/v1alpha1', 'ApplicationSet'],
  ['argoproj.io/v1alpha1', 'AppProject'],
  ['argoproj.io/v1alpha1', 'ApplicationList'],
];
const CLUSTER: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['apiregistration.k8s.io/v1', 'APIService'],
  ['kyverno.io/v1', 'ClusterPolicy'],
];
const FREE: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['v1', 'ConfigMap'],
  ['apps/v1', 'Deployment'],
  ['kustomize.config.k8s.io/v1beta1', 'Kustomization'],
  ['s3.aws.upbound.io/v1beta1', 'Bucket'],
  ['app.k8s.io/v1beta1', 'Application'],
  ['argoproj.io/v1alpha1', 'Rollout'],
  ['helm.toolkit.fluxcd.io/v2', 'HelmRelease'],
  ['v1', 'List'],
];

describe('checkKinds of files', () => {
  for (const [apiVersion, kind] of [...AGENT, ...CLUSTER]) {
    it(`refuses ${kind} of ${apiVersion}, unless it is allowed`, () => {
      rejects('a.yaml', object(apiVersion, kind));
      check('a.yaml', object(apiVersion, kind), 'files', { allowKinds: [kind], denyKinds: [] });
    });
  }
  for (const [apiVersion, kind] of FREE) {
    it(`takes ${kind} of ${apiVersion}, unless it is denied`, () => {
      check('a.yaml', object(apiVersion, kind));
      rejects('a.yaml', object(apiVersion, kind), 'files', { allowKinds: [kind], denyKinds: [kind] });
    });
  }

  const role = object('rbac.authorization.k8s.io/v1', 'Role');
  const indented = role.replaceAll('\n', '\n    ');
  const smuggled: Readonly<Record<string, string>> = {
    'as the last document': `${object('v1', 'ConfigMap')}---\n${role}`,
    'in a list': `apiVersion: v1\nkind: List\nitems:\n  - ${indented}`,
    'in a list in a list': `kind: List\nitems: [{kind: List, items: [{apiVersion: rbac.authorization.k8s.io/v1, kind: Role}]}]`,
    'in anything with items': `apiVersion: v1\nkind: ConfigMap\nitems:\n  - ${indented}`,
    'in flow style': '{apiVersion: rbac.authorization.k8s.io/v1, kind: Role}',
    'as JSON': '{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}',
    'with an escaped key': 'apiVersion: rbac.authorization.k8s.io/v1\n"\\x6bind": Role\n',
    'with an escaped value': 'apiVersion: rbac.authorization.k8s.io/v1\nkind: "\\u0052ole"\n',
    'with a folded value': 'apiVersion: rbac.authorization.k8s.io/v1\nkind:\n  >-\n  Role\n',
    'with an explicit key': 'apiVersion: rbac.authorization.k8s.io/v1\n? kind\n: Role\n',
    'with a tag': 'apiVersion: rbac.authorization.k8s.io/v1\nkind: !!str Role\n',
    'by an alias': 'apiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: &r Role}\nkind: *r\n',
    'by a merge key': 'metadata: {annotations: &a {kind: Role}}\n<<: *a\napiVersion: rbac.authorization.k8s.io/v1\n',
    'without an apiVersion': 'kind: Role\n',
  };
  for (const [how, text] of Object.entries(smuggled)) {
    it(`finds a Role ${how}`, () => {
      for (const path of ['a.yaml', 'A.YML', 'a.json', 'sub/kustomization.yaml']) {
        if (how !== 'without an apiVersion' || !path.includes('kustomization')) {
          assert.throws(
            () => check(path, text),
            (error: Error) => /Role|not valid/u.test(error.message),
          );
        }
      }
    });
  }

  it('finds a Role in a file of any other name that may be YAML, in any encoding that Kubernetes reads', () => {
    rejects('role', role);
    rejects('role.tpl', role);
    rejects('role.txt.bak', `x: !unknown 1\n---\n${role}`);
    rejects('role.conf', `a: 1\na: 2\n---\n${role}`);
    rejects('role.data', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(role, 'utf16le')]));
  });

  it('finds a Role behind a mark at which only kubectl splits documents', () => {
    rejects('a.yaml', `--- |\nx\n---y\n${role}`);
  });

  it('leaves other files alone', () => {
    check('README.md', `# Roles\n\n\`\`\`yaml\n${role}\`\`\`\n`);
    check('run.sh', '#!/bin/sh\nkubectl get kind: x [[ -n "$y" ]]\n');
    check('logo.png', Buffer.from([0x89, 0x50, 0, 0xff]));
    check('empty.yaml', '');
    check('values.yaml', 'image: x\nkind: [Role]\n');
    check(
      'reference.yaml',
      `${object('v1', 'ConfigMap')}roleRef:\n  kind: Role\n  apiVersion: rbac.authorization.k8s.io/v1\n`,
    );
    check('kustomization.yaml', 'kind: Kustomization\nresources: [a.yaml]\n');
  });

  it('rejects YAML that can not be read, with its file and place', () => {
    for (const path of ['a.yaml', 'a.yml', 'a.json']) {
      assert.throws(
        () => check(path, 'a: b: c\n'),
        (error: Error) => {
          assert.match(error.message, /^"a\.\w+": .*line 1, column 4/u);
          return rejection('YamlInvalid')(error);
        },
      );
    }
    assert.throws(() => check('a.yaml', Buffer.from([0x61, 0xff])), rejection('YamlInvalid'));
    assert.throws(() => check('a.yaml', '['.repeat(20_000)), rejection('YamlTooComplex'));
    assert.throws(() => check('a.yaml', `${'['.repeat(20_000)}{{`), rejection('YamlTooComplex'));
  });

  it('judges a file that is a template by its lines', () => {
    rejects('a.yaml', `${role}  labels: {{ include "labels" . }}\n`);
    check('a.yaml', `${object('apps/v1', 'Deployment')}{{ if .x }}\nspec: {{ .Values.spec }}\n{{ end }}\n`);
  });

  it('tells all that it refuses', () => {
    const files = ['a.yaml', 'b.yaml'].map((path) => ({ path, bytes: Buffer.from(role) }));
    assert.throws(
      () => checkKinds(files, 'files', NONE),
      (error: Error & { facts?: { refused?: unknown } }) => {
        assert.deepEqual(error.facts?.refused, [
          { path: 'a.yaml', kind: 'Role', apiVersion: 'rbac.authorization.k8s.io/v1' },
          { path: 'b.yaml', kind: 'Role', apiVersion: 'rbac.authorization.k8s.io/v1' },
        ]);
        return true;
      },
    );
  });
});

describe('checkKinds of kustomizations', () => {
  const header = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';
  const refused: readonly string[] = [
    ...[
      'resources: [https://example.org/all.yaml]',
      'resources: [github.com/a/b]',
      'resources: ["git@example.org:a/b"]',
    ],
    ...[
      'bases: ["ssh://git@x/y"]',
      'components: ["../x?ref=main"]',
      'resources: [GitHub.com/a/b//c]',
      'resources: [README.md]',
    ],
    ...['helmCharts: [{name: x}]', 'patches: [{path: a.yaml, options: {allowKindChange: true}}]'],
    ...['replacements: [{source: {kind: ConfigMap}, targets: [{fieldPaths: [kind]}]}]'],
    ...['patches: [{patch: "- {op: replace, path: /kind, value: Role}"}]'],
  ];
  for (const text of refused) {
    it(`refuses ${text}, unless Kustomizations are allowed`, () => {
      assert.throws(() => check('kustomization.yaml', `${header}${text}\n`), rejection('KustomizationNotAllowed'));
      assert.throws(() => check('kustomization.yml', `${text}\n`), rejection('KustomizationNotAllowed'));
      check('kustomization.yaml', `${header}${text}\n`, 'files', { allowKinds: ['Kustomization'], denyKinds: [] });
    });
  }

  const taken: readonly string[] = [
    ...[
      'resources: [deployment.yaml, ../base, overlays/v1.2]',
      'patches: [{path: p.yaml, target: {kind: Deployment}}]',
    ],
    ...[
      'images: [{name: ghcr.io/x/y, newTag: "1"}]',
      'configMapGenerator: [{name: x, files: [README.md], literals: [a=b@c]}]',
    ],
    ...['patches: [{patch: "- {op: replace, path: /spec/kind/x, value: 1}"}]'],
  ];
  for (const text of taken) it(`takes ${text}`, () => check('kustomization.yaml', `${header}${text}\n`));
});

describe('checkKinds of a chart', () => {
  for (const [apiVersion, kind] of AGENT) {
    it(`refuses ${kind} of ${apiVersion} in templates, subcharts and crds`, () => {
      for (const path of [
        'templates/a.yaml',
        'templates/sub/_a.tpl',
        'charts/b/charts/c/templates/a.txt',
        'crds/a.yaml',
      ]) {
        rejects(path, object(apiVersion, kind), 'chart');
      }
      check('templates/a.yaml', object(apiVersion, kind), 'chart', { allowKinds: [kind], denyKinds: [] });
    });
  }
  for (const [apiVersion, kind] of [...CLUSTER, ...FREE]) {
    it(`takes ${kind} of ${apiVersion}`, () => {
      check('templates/a.yaml', object(apiVersion, kind), 'chart');
      rejects('templates/a.yaml', object(apiVersion, kind), 'chart', { allowKinds: [], denyKinds: [kind] });
    });
  }

  it('judges templates and crds only', () => {
    const application = object('argoproj.io/v1alpha1', 'Application');
    for (const path of ['values.yaml', 'README.md', 'templates/NOTES.txt', 'ci/x.yaml', 'crds/README.md']) {
      check(path, application, 'chart');
    }
  });
});
