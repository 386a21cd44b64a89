import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { git, makeRepository, serveRepositories } from '../../infra/local/repository.ts';
import { CONFIG, startStack, type TestStack } from '../servers/stack.ts';

/** Takes every request to a Git server, and lets none through until it is opened. */
async function startGate(to: string) {
  const waiting: (() => void)[] = [];
  let open = false;
  const through = async (path: string, method: string, headers: Headers, body: Buffer, response: ServerResponse) => {
    const answer = await fetch(to + path, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body: new Uint8Array(body) }),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request));
    const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...headers } = request.headers;
    const pass = () =>
      void through(
        request.url ?? '',
        request.method ?? 'GET',
        new Headers(headers as Record<string, string>),
        body,
        response,
      );
    if (open) pass();
    else waiting.push(pass);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Requests that wait. */
    waiting: () => waiting.length,
    open: () => {
      open = true;
      for (const pass of waiting.splice(0)) pass();
    },
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((done) => void server.close(() => done()));
    },
  };
}

describe('several main repositories in one deployment', () => {
  let folder: string;
  let served: Awaited<ReturnType<typeof serveRepositories>>;
  let gate: Awaited<ReturnType<typeof startGate>>;
  let running: TestStack | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitferry-data-'));
    await makeRepository(join(folder, 'data.git'), 'live', new Map([['gitferry.yaml', Buffer.from(CONFIG)]]));
    served = await serveRepositories(folder);
    gate = await startGate(served.url);
    const secrets = ['git-secret', 'git-read-secret'].map((name) => `${name}: ""`).join(', ');
    running = await startStack({
      // Without https, which only a deployment in the cloud demands.
      parameters: `test: { repositories: [{ name: data, repository: "${gate.url}/data.git", branch: live, ${secrets} }] }`,
    });
  });
  after(async () => {
    gate.open();
    await running?.stop();
    await gate.close();
    await served.close();
    await rm(folder, { recursive: true });
  });

  const stackOf = (): TestStack => running ?? assert.fail();
  const releases = async (repository: string, branch: string): Promise<readonly string[]> =>
    (await git(repository, ['log', '--format=%s', branch])).split('\n').filter((line) => line.startsWith('Release'));

  it('one that does not answer delays no other, and has its own once it does', async () => {
    const stack = stackOf();
    await stack.put('config/a.yaml', 'a: 1\n');
    while ((await releases(stack.git, 'main')).length === 0) await setTimeout(20);
    while (gate.waiting() === 0) await setTimeout(20);
    assert.deepEqual(await releases(join(folder, 'data.git'), 'live'), []);
    gate.open();
    await stack.settled();
    assert.equal((await releases(join(folder, 'data.git'), 'live')).length, 1);
    assert.equal((await releases(stack.git, 'main')).length, 1);
  });

  it('each has a ledger of its own, in its own repository', async () => {
    const stack = stackOf();
    const ledgers = async (repository: string) =>
      (await git(repository, ['for-each-ref', '--format=%(refname)', 'refs/heads/gitferry-ledger'])).trim();
    assert.equal(await ledgers(stack.git), 'refs/heads/gitferry-ledger/test/main');
    assert.equal(await ledgers(join(folder, 'data.git')), 'refs/heads/gitferry-ledger/test-data/live');
  });

  it('a webhook reaches each of them', async () => {
    const stack = stackOf();
    const begun = stack.happenings.length;
    const body = JSON.stringify({ repository: 'acme/api', docker_url: 'quay.io/acme/api', updated_tags: ['1.0.0'] });
    const answer = await fetch(`${stack.receiveUrl}/quay/a-secret-of-the-tests`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.equal(answer.status, 202);
    await stack.settled();
    const asked = stack.happenings.slice(begun).filter(({ kind }) => kind === 'nothing');
    assert.equal(asked.length, 2);
  });
});
