import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { takeLock } from './lock.ts';

/** What Debian's package of the same name installs: the registry of the CNCF project Distribution. */
const PROGRAM = 'docker-registry';
/** Ports that are tried: below those that the system gives to whoever asks for any. */
const PORTS = { first: 5055, last: 5155 };
/** Ends the program when whoever started it ends, however that comes; Ctrl-C in a terminal is for that one alone. */
const WATCHED = `trap '' INT
"$0" serve "$1" 3<&- & registry=$!
(read -r _ <&3; kill "$registry") & watch=$!
wait "$registry"; status=$?
kill "$watch"; exit "$status"`;
/** Milliseconds until it must answer. */
const PATIENCE = 15_000;

export interface RegistryOptions {
  /** What it holds, its settings and its log. */
  readonly folder: string;
  readonly port: number;
  /** Who is told of each push, and with which `Authorization` header. */
  readonly notify: { readonly url: string; readonly authorization: string } | null;
  /** A file of names and bcrypt hashes; without it anybody may push and pull. */
  readonly htpasswd?: string;
}

/** A registry of images on the loopback interface, without TLS. */
export interface Registry {
  /** What names of images begin with: `127.0.0.1:5055`. */
  readonly host: string;
  close(): Promise<void>;
}

export async function registryInstalled(): Promise<boolean> {
  const version = promisify(execFile)(PROGRAM, ['--version']);
  return version.then(
    () => true,
    () => false,
  );
}

/**
 * The port for a registry: the one that a file names, because references in Git name it too, or a free one, written into
 * the file. No other run takes it until `release`. Throws when the file's port is taken, or when none is free.
 */
export async function reservePort(file: string): Promise<{ readonly port: number; release(): Promise<void> }> {
  const kept = Number(await readFile(file, 'utf8').catch(() => ''));
  const { first, last } = kept > 0 ? { first: kept, last: kept } : PORTS;
  for (let port = first; port <= last; port += 1) {
    // The port itself is left to the registry.
    const lock = await takeLock(join(tmpdir(), `gitferry-registry-${port}`)).catch(() => null);
    if (lock === null) continue;
    if (await isFree(port)) {
      await writeFile(file, `${port}\n`);
      return { port, release: () => lock.release() };
    }
    await lock.release();
  }
  if (kept === 0) throw new Error(`No port of ${first} to ${last} is free for the registry.`);
  throw new Error(`The port ${kept} is taken, and the main repository names its images by it. End what listens there.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((done) => {
    server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true));
  });
  if (listens) await new Promise((done) => server.close(done));
  return listens;
}

/** Throws when it does not come to answer, with what it said last. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { folder, port } = options;
  const [settings, log] = [join(folder, 'settings.json'), join(folder, 'log')];
  await mkdir(folder, { recursive: true });
  // It may hold a secret.
  await writeFile(settings, JSON.stringify(settingsOf(options), null, 2), { mode: 0o600 });
  const output = await open(log, 'w');
  // Without the rest of the environment: each of its settings can be overridden there.
  const child = spawn('sh', ['-c', WATCHED, PROGRAM, settings], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', output.fd, output.fd, 'pipe'],
  });
  await output.close();
  const ended = once(child, 'close').catch(() => {});
  const host = `127.0.0.1:${port}`;
  if (!(await answers(child, `http://${host}/v2/`))) {
    await end(child, ended);
    const last = (await readFile(log, 'utf8')).trimEnd().split('\n').at(-1);
    throw new Error(`${PROGRAM} did not come to answer at ${host}: ${last || 'it said nothing'}`);
  }
  return { host, close: () => end(child, ended) };
}

/** Its settings, as its documentation has them under "Configuring a registry"; JSON is YAML. */
function settingsOf({ folder, port, notify, htpasswd }: RegistryOptions): object {
  const endpoint = notify && {
    name: 'gitferry',
    url: notify.url,
    headers: { Authorization: [notify.authorization] },
    timeout: '10s',
    threshold: 3,
    backoff: '1s',
    // Layers and what a node pulls say nothing about tags.
    ignore: { mediatypes: ['application/octet-stream'], actions: ['pull', 'mount'] },
  };
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'one registry, so nothing is shared' },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'gitferry', path: htpasswd } } }),
    ...(endpoint === null ? {} : { notifications: { endpoints: [endpoint] } }),
  };
}

async function answers(child: ChildProcess, url: string): Promise<boolean> {
  let running = true;
  child.once('error', () => (running = false)).once('exit', () => (running = false));
  for (const deadline = Date.now() + PATIENCE; running && Date.now() < deadline; ) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return running;
    await new Promise((done) => setTimeout(done, 20));
  }
  return false;
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdio[3]?.destroy();
  await ended;
}
