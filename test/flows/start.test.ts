import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makeRepository, serveRepositories } from '../../infra/local/repository.ts';
import { CONFIG } from '../servers/stack.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

/** `npm start` in a folder of its own, without a registry, with what it printed so far. */
interface Start {
  readonly child: ChildProcess;
  readonly printed: () => string;
  /** Resolves when it printed this. */
  until(words: RegExp): Promise<void>;
  ended(): Promise<number | null>;
}

let folder: string;
let starts: Start[];

function start(...args: string[]): Start {
  const child = spawn(process.execPath, [join(ROOT, 'infra/local/main.ts'), '--no-registry', ...args], { cwd: folder });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk));
  const exit = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  const until = async (words: RegExp): Promise<void> => {
    while (!words.test(text)) {
      const more = await Promise.race([once(child.stdout, 'data'), exit.then(() => null)]);
      if (more === null && !words.test(text)) throw new Error(`It ended without ${words}:\n${text}`);
    }
  };
  const started = { child, printed: () => text, until, ended: () => exit };
  starts.push(started);
  return started;
}

/** The command that it prints to send a webhook with. */
const CURL = /curl -sSi -H 'Authorization: (.*?)' -H 'Content-Type: application\/json' --data @(\S+) (\S+)/u;

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function git(...args: string[]): Promise<string> {
  return (await execute('git', args, { cwd: join(folder, '.gitferry/main.git') })).stdout.trimEnd();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-start-'));
  starts = [];
  // The commands that it prints name files of the clone.
  for (const name of ['examples', 'README.md']) await symlink(join(ROOT, name), join(folder, name));
});
afterEach(async () => {
  for (const { child, ended } of starts) {
    child.kill('SIGKILL');
    await ended();
  }
  await rm(folder, { recursive: true, force: true });
});

describe('npm start', () => {
  it('-- --once: drops the examples, shows their commits, and a second time does nothing', async () => {
    const first = start('--once');
    assert.equal(await first.ended(), 0, first.printed());
    assert.match(first.printed(), /received +charts\/hello-0\.1\.0\.tgz/u);
    assert.match(first.printed(), /landed +charts\/hello-0\.1\.0\.tgz +[0-9a-f]{7} .*\d+ ms/u);
    assert.match(first.printed(), /charts\/hello\/templates\/deployment\.yaml +\| +\d+ \+/u);
    const chart = await git('show', 'main:charts/hello/Chart.yaml');
    assert.equal(chart, (await readFile(join(ROOT, 'examples/charts/hello/Chart.yaml'), 'utf8')).trimEnd());
    await git('fsck', '--strict');
    const tip = await git('rev-parse', 'main');

    const second = start('--once');
    assert.equal(await second.ended(), 0, second.printed());
    assert.match(second.printed(), /landed in an earlier run/u);
    assert.equal(await git('rev-parse', 'main'), tip);
    await assert.rejects(stat(join(folder, '.gitferry/run.json')), { code: 'ENOENT' });
  });

  it('stays up, prints commands that work, and ends by Ctrl-C with status 0', async () => {
    const run = start();
    await run.until(/Ctrl-C/u);
    const about = JSON.parse(await readFile(join(folder, '.gitferry/run.json'), 'utf8'));
    assert.equal(about.pid, run.child.pid);
    assert.equal(
      (await execute('git', ['ls-remote', about.endpoints.git, 'main'])).stdout.includes('refs/heads/main'),
      true,
    );

    const commands = [...run.printed().matchAll(/npm run -s gitferry -- (.*)/gu)].map(([, args = '']) =>
      args.split(' '),
    );
    assert.equal(commands.length, 3);
    const [putFile = [], putBroken = [], log = []] = commands;
    const gitferry = (args: string[]) =>
      execute(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], { cwd: folder });
    await gitferry(putFile);
    await run.until(/landed +config\/production\/hello\/quota\.yaml/u);
    await gitferry(putFile);
    await run.until(/nothing +config\/production\/hello\/quota\.yaml +\S/u);
    await gitferry(['put', 'README.md', 'nowhere/README.md']);
    await run.until(/nothing +nowhere\/README\.md +no mirror/u);
    await gitferry(putBroken);
    await run.until(/rejected +charts\/broken-1\.0\.0\.tgz/u);
    const { stdout } = await gitferry(log);
    assert.match(stdout, /rejected[\s\S]*broken/u);
    assert.match(stdout, /landed[\s\S]*quota\.yaml/u);

    const [, bearer = '', payload = '', url = ''] = CURL.exec(run.printed()) ?? [];
    assert.equal(url, `${about.endpoints.receive}/distribution`);
    const headers = { authorization: bearer, 'content-type': 'application/json' };
    const body = await readFile(join(folder, payload));
    assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 202);
    await run.until(/received +registry\.example\.org\/greeter:1\.2\.0/u);
    await run.until(/nothing +registry\.example\.org\/greeter:1\.2\.0 +no policy/u);
    const unproven = { ...headers, authorization: 'Bearer somebody else' };
    assert.equal((await fetch(url, { method: 'POST', headers: unproven, body })).status, 401);

    run.child.kill('SIGINT');
    assert.equal(await run.ended(), 0, run.printed());
  });

  it('-- --no-demo --bucket-dir: what was in the folder lands, and what is copied there; a second start is refused', async () => {
    await cp(join(ROOT, 'examples/config'), join(folder, 'drop/config'), { recursive: true });
    const run = start('--no-demo', '--bucket-dir', 'drop');
    await run.until(/Ctrl-C/u);
    assert.match(run.printed(), /landed +config\/production\/hello\/settings\.yaml/u);
    const other = start('--once');
    assert.equal(await other.ended(), 1);
    assert.match(other.printed(), /runs in this folder already/u);

    await cp(join(ROOT, 'examples/try/quota.yaml'), join(folder, 'drop/config/production/quota.yaml'));
    await run.until(/landed +config\/production\/quota\.yaml/u);
    assert.deepEqual((await git('ls-tree', '-r', '--name-only', 'main', 'apps/production')).split('\n'), [
      'apps/production/hello/namespace.yaml',
      'apps/production/hello/settings.yaml',
      'apps/production/quota.yaml',
    ]);
    run.child.kill('SIGINT');
    assert.equal(await run.ended(), 0);
  });

  it('-- --repository: lands in that one, on that branch, and leaves the examples out', async () => {
    const other = join(folder, 'other');
    await makeRepository(join(other, 'fleet.git'), 'production', new Map([['gitferry.yaml', Buffer.from(CONFIG)]]));
    const server = await serveRepositories(other);
    try {
      const port = await freePort();
      const run = start('--repository', `${server.url}/fleet.git`, '--branch', 'production', '--port', String(port));
      await run.until(/Ctrl-C/u);
      const about = JSON.parse(await readFile(join(folder, '.gitferry/run.json'), 'utf8'));
      assert.equal(about.endpoints.s3, `http://127.0.0.1:${port}`);
      assert.doesNotMatch(run.printed(), /received/u);
      await cp(join(ROOT, 'examples/try/quota.yaml'), join(folder, '.gitferry/bucket/config/quota.yaml'));
      await run.until(/landed +config\/quota\.yaml/u);
      const listed = await execute('git', ['ls-tree', '-r', '--name-only', 'production'], {
        cwd: join(other, 'fleet.git'),
      });
      assert.equal(listed.stdout, 'apps/production/quota.yaml\ngitferry.yaml\n');
      await assert.rejects(stat(join(folder, '.gitferry/main.git')), { code: 'ENOENT' });
      run.child.kill('SIGTERM');
      assert.equal(await run.ended(), 0);
    } finally {
      await server.close();
    }
  });

  it('says in a sentence that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      const run = start('--port', String(port));
      assert.equal(await run.ended(), 1);
      assert.match(run.printed(), new RegExp(`port ${port} is taken`, 'u'));
    } finally {
      server.close();
    }
  });

  for (const [args, words] of [
    [['--port', 'http'], /A port is a number up to 65535/u],
    [['--repository', 'https://me:secret@git.example.org/main.git'], /GITFERRY_GIT_TOKEN/u],
    [['--bucket', 'other'], /--bucket goes with --repository/u],
  ] as const)
    it(`says in a sentence what is wrong with ${args[0]}`, async () => {
      const run = start(...args);
      assert.equal(await run.ended(), 1);
      assert.match(run.printed(), words);
      assert.doesNotMatch(run.printed(), /secret/u);
    });
});
