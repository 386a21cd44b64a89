import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gitferry, type Outcome } from './process.ts';

const FLUX = join(import.meta.dirname, '..', 'fixtures', 'references', 'flux-repository');
const DIGEST = `sha256:${'7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730'}`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-update-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

function read(path: string): Promise<string> {
  return readFile(join(folder, path), 'utf8');
}

function update(...args: readonly string[]): Promise<Outcome> {
  return gitferry(folder, 'update-images', '.', ...args);
}

test('sets what is marked for a policy, in a repository laid out as Flux’s', async () => {
  await cp(join(FLUX, 'before'), folder, { recursive: true });
  const policy = ['--policy', `flux-system:podinfo=ghcr.io/stefanprodan/podinfo:6.14.1@${DIGEST}`];
  const [old, wanted] = ['ghcr.io/stefanprodan/podinfo:6.12.0', `ghcr.io/stefanprodan/podinfo:6.14.1@${DIGEST}`];
  assert.deepEqual(await update(...policy), {
    status: 0,
    out: [
      'apps/base/podinfo/release.yaml:20  6.12.0 -> 6.14.1',
      'apps/production/podinfo-patch.yaml:10  6.12.0 -> 6.14.1',
      `apps/production/podinfo-patch.yaml:12  ${old} -> ${wanted}`,
      'clusters/production/apps.yaml:17  6.12.0 -> 6.14.1',
      '',
    ].join('\n'),
    err: '',
  });
  for (const path of await readdir(join(FLUX, 'after'), { recursive: true })) {
    if (path.endsWith('.yaml')) assert.equal(await read(path), await readFile(join(FLUX, 'after', path), 'utf8'), path);
  }
  assert.deepEqual(await update(...policy), { status: 0, out: '', err: '' });
});

test('sets what names an image without a marker, and leaves marked fields to policies', async () => {
  await write('a.yml', 'x: {image: nginx:1} # yes\ny: nginx:1 # {"$imagepolicy": "a:b"}\n');
  await write('Kustomization', 'images: [{name: nginx, newTag: v1}]\n');
  await write('a.txt', 'image: nginx:1\n');
  const { status, out, err } = await update('--image', 'nginx:2');
  assert.deepEqual([status, err], [0, '']);
  assert.equal(out, 'Kustomization:1  nginx:v1 -> nginx:2\na.yml:1  nginx:1 -> nginx:2\n');
  assert.equal(await read('a.yml'), 'x: {image: nginx:2} # yes\ny: nginx:1 # {"$imagepolicy": "a:b"}\n');
  assert.equal(await read('Kustomization'), 'images: [{name: nginx, newTag: "2"}]\n');
  assert.equal(await read('a.txt'), 'image: nginx:1\n');
});

test('keeps a file’s mode, and leaves nothing beside it', async () => {
  await write('a.yaml', 'image: nginx:1\n');
  await chmod(join(folder, 'a.yaml'), 0o750);
  await update('--image', 'nginx:2');
  assert.equal((await stat(join(folder, 'a.yaml'))).mode & 0o7777, 0o750);
  assert.deepEqual(await readdir(folder), ['a.yaml']);
});

test('follows no link, and looks into neither .git nor node_modules', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'gitferry-outside-'));
  try {
    await writeFile(join(outside, 'a.yaml'), 'image: nginx:1\n');
    await symlink(outside, join(folder, 'linked'));
    await symlink(join(outside, 'a.yaml'), join(folder, 'linked.yaml'));
    for (const path of ['.git/a.yaml', 'apps/node_modules/a.yaml']) await write(path, 'image: nginx:1\n');
    const { status, out, err } = await update('--image', 'nginx:2');
    assert.deepEqual([status, out, err], [0, '', 'warning: nothing refers to docker.io/library/nginx\n']);
    assert.equal(await readFile(join(outside, 'a.yaml'), 'utf8'), 'image: nginx:1\n');
  } finally {
    await rm(outside, { recursive: true });
  }
});

test('--dry-run changes nothing, and -o json tells all', async () => {
  await write('apps/a.yaml', '# x\nimage: nginx:1\nother: nginx # {"$imagepolicy": "b"}\n');
  const { status, out } = await update('--image', `docker.io/nginx:2@${DIGEST}`, '--dry-run', '-o', 'json');
  assert.equal(status, 0);
  const { problems, ...told } = JSON.parse(out);
  assert.deepEqual(told, {
    dryRun: true,
    changes: [
      {
        file: 'apps/a.yaml',
        line: 2,
        id: '#1:image',
        policy: null,
        image: 'docker.io/library/nginx',
        old: 'nginx:1',
        new: `nginx:2@${DIGEST}`,
      },
    ],
  });
  assert.deepEqual(
    problems.map(({ file, line, reason }: Record<string, unknown>) => [file, line, reason]),
    [['apps/a.yaml', 3, 'MarkerMalformed']],
  );
  assert.match(await read('apps/a.yaml'), /nginx:1/u);
});

test('a file that can’t be read is told, the others are done, and it ends with 1', async () => {
  await write('a.yaml', 'image: [nginx:1\n');
  await writeFile(join(folder, 'b.yaml'), Uint8Array.of(...Buffer.from('image: nginx:1 # '), 0xff));
  await write('c.yaml', 'image: nginx:1\n');
  await write('d.yaml', `a: &a [${'x,'.repeat(1000)}]\nb: [${'*a,'.repeat(999)}]\nimage: nginx:1\n`);
  await write('e.yaml', 'image: "\\e[31mnginx"\nimage: nginx\n');
  const { status, out, err } = await update('--image', 'nginx:2');
  assert.deepEqual([status, out], [1, 'c.yaml:1  nginx:1 -> nginx:2\n']);
  assert.deepEqual(
    err.split('\n').map((line) => line.split(' ', 2).join(' ')),
    ['a.yaml:2 YamlInvalid', 'b.yaml:1 NotUtf8', 'd.yaml:1 YamlTooComplex', 'e.yaml:2 YamlInvalid', ''],
  );
  assert.equal(await read('a.yaml'), 'image: [nginx:1\n');
});

test('a chart’s templates are left alone, and told of where they name the image', async () => {
  await write('templates/a.yaml', 'image: {{ .Values.nginx }}:1\n');
  await write('templates/b.yaml', 'image: {{ .Values.image }}:1\n');
  const { status, out, err } = await update('--image', 'nginx:2');
  assert.deepEqual([status, out], [0, '']);
  assert.match(err, /^templates\/a\.yaml:1 TemplateFile [^\n]*\nwarning: [^\n]*\n$/u);
});

test('arguments that make no sense end with 2', async () => {
  const wrong: readonly (readonly string[])[] = [
    ['.'],
    ['--image', 'nginx:1'],
    ['.', '--image', 'nginx'],
    ['.', '--image', `nginx@${DIGEST}`],
    ['.', '--image', 'nginx:1@sha256:1'],
    ['.', '--image', 'NGINX:1'],
    ['.', '--image', 'nginx:1', '--image', 'docker.io/nginx:2'],
    ['.', '--policy', 'nginx:1'],
    ['.', '--policy', 'b=nginx:1'],
    ['.', '--policy', 'a:b=nginx'],
    ['.', '--policy', 'a:b=nginx:1', '-o', 'yaml'],
  ];
  const outcomes = await Promise.all(wrong.map((args) => gitferry(folder, 'update-images', ...args)));
  for (const [at, { status, out, err }] of outcomes.entries()) {
    assert.deepEqual([status, out], [2, ''], wrong[at]?.join(' '));
    assert.notEqual(err, '');
  }
  const { status, err } = await gitferry(folder, 'update-images', 'absent', '--image', 'nginx:1');
  assert.equal(status, 1);
  assert.match(err, /^FolderMissing: /u);
});
