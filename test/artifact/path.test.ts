import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPath, checkUnprotected, shown } from '../../shared/artifact/path.ts';
import { rejection } from './rejection.ts';

describe('checkPath', () => {
  const unsafe: readonly string[] = [
    ...['', '/', '/etc/passwd', '../x', 'a/../b', 'a/..', './a', 'a/./b', 'a//b', 'a/', 'a\\b', '..\\x'],
    ...['C:/x', 'c:x', 'a\0b', 'a\nb', 'a\u007fb', 'a\u0085b', 'a\u202eb', 'a\u2028b', 'a\ud800b'],
    ...['.git', '.git/config', 'a/.git/hooks/pre-commit', '.GIT/config', '.Git', 'git~1', 'GIT~1/config', 'git~2'],
    ...['.git.', '.git ', '.git. .', '.git::$INDEX_ALLOCATION/config', '.git:x', 'git~1.', '.g\u200cit', '\u200b.git'],
    ...[
      'safe\u200e\u200bname.yaml',
      'a\u200fb',
      'a\u061cb',
      'a\u2060b',
      'a\ufeffb',
      'a\u3164b',
      'a\u{e0041}b',
      'a\ufe0fb',
    ],
    ...['.gi\u00adt', '.git\ufeff/config', '.\u2060git'],
    ...['x'.repeat(256), `${'ä'.repeat(128)}`, `${'abc/'.repeat(1024)}d`],
  ];
  for (const path of unsafe) {
    it(`rejects ${shown(path)} (${path.length})`, () => {
      assert.throws(() => checkPath(path), rejection('PathUnsafe'));
    });
  }

  const safe: readonly string[] = [
    ...[
      'a',
      'a/b.yaml',
      '.gitignore',
      '.github/x',
      'gitx/y',
      '...',
      'a..b',
      'a b/c',
      'ä/é',
      'e\u0301',
      'ab:c',
      'CON',
      '-rf',
    ],
    ...['x'.repeat(255), 'digit~1', '.gitea', 'kind=x,y', 'a+b%2Fc'],
  ];
  for (const path of safe) it(`takes ${shown(path)}`, () => checkPath(path));
});

describe('shown', () => {
  it('leaves nothing invisible in a sentence, and cuts what is long', () => {
    assert.equal(shown('.g\u200cit\u202e\u0085\n"'), '".g\\u{200c}it\\u{202e}\\u{85}\\n\\""');
    assert.ok(shown('x'.repeat(9999)).length < 130);
  });
});

describe('checkUnprotected', () => {
  const names: readonly string[] = [
    ...[
      'gitferry.yaml',
      'GitFerry.YAML',
      'gitferry.yaml/x',
      'gitferry.yml',
      '.gitmodules',
      '.GitModules',
      'a/.gitattributes',
    ],
    ...['CODEOWNERS', 'docs/CODEOWNERS', '.github/codeowners', '.sops.yaml', 'secrets/.sops.yaml', '.lfsconfig'],
    ...['flux-system/x.yaml', 'clusters/prod/Flux-System/kustomization.yaml', 'flux-system', 'flux-system./x'],
    ...['.github/workflows/x.yml', 'a/.GITHUB/x', '.gitlab-ci.yml', '.gitlab-ci.yaml', '.gitlab/agents/a/config.yaml'],
    ...['.gitea/workflows/x', '.forgejo/workflows/x', '.circleci/config.yml', '.buildkite/pipeline.yml'],
    ...['Jenkinsfile', 'ci/jenkinsfile', 'Jenkinsfile.release', 'deploy.Jenkinsfile', 'bitbucket-pipelines.yml'],
    ...[
      'azure-pipelines.yml',
      'azure-pipelines.release.yaml',
      'x-Pipelines.yml',
      '.woodpecker.yml',
      '.woodpecker/a.yml',
    ],
    ...[
      '.drone.yml',
      '.drone.star',
      '.travis.yml',
      'cloudbuild.yaml',
      'cloudbuild.json',
      'buildspec.yml',
      '.tekton/x.yaml',
    ],
    ...['.g\u200bithub/x', 'CODEOWNERS.', '.github::$DATA/x'],
  ];
  for (const path of names) {
    it(`protects ${shown(path)}`, () => {
      assert.throws(() => checkUnprotected(path), rejection('PathProtected'));
    });
  }

  const free: readonly string[] = [
    ...[
      'apps/production/x.yaml',
      'charts/podinfo/ci/values.yaml',
      'apps/gitferry.yaml',
      'gitferry.yaml.md',
      'flux/system/x',
      'github/x',
    ],
    ...['.gitignore', 'pipelines/x.yaml', 'charts/a/.helmignore', 'my-flux-system/x', 'Jenkins/x.yaml'],
  ];
  for (const path of free) it(`leaves ${shown(path)} free`, () => checkUnprotected(path));
});
