import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type NudgeDeps, nudge } from '../../functions/nudge/nudge.ts';
import type { Cluster } from '../../shared/agent/cluster.ts';
import type { Way } from '../../shared/config/nudge.ts';
import { Retryable, Stalled } from '../../shared/errors.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { REPOSITORY } from '../agent/objects.ts';
import { landed as landedOf } from '../notify/notices.ts';

export const NOON = new Date('2030-01-01T12:00:00.000Z');
export const unreachable = () => new Retryable('ClusterUnreachable', 'The connection failed (ECONNREFUSED).');
export const forbidden = () =>
  new Stalled('ClusterForbidden', 'It does not let gitferry list gitrepositories.', { hint: 'Apply nudge.yaml.' });

export const landed = (more: Readonly<Record<string, unknown>> = {}) =>
  landedOf({ repository: REPOSITORY, paths: ['apps/x.yaml'], ...more });

export interface Run {
  readonly notices: Notice[];
  /** `<message> <cluster or way>`, as it was logged. */
  readonly logged: string[];
  /** Called with each line of the log. */
  onLog: (line: string) => void;
  tell(event: unknown): Promise<void>;
}

/** The function with these clusters and ways, tried three times without a pause. */
export function run(clusters: readonly Cluster[], ways: readonly Way[] = [], more: Partial<NudgeDeps> = {}): Run {
  const notices: Notice[] = [];
  const logged: string[] = [];
  const deps: NudgeDeps = {
    ...{ deployment: 'production', repository: REPOSITORY, branch: 'main', clusters, pauses: [0, 0] },
    ways: async () => ways,
    bus: { put: async (more) => void notices.push(...more) },
    now: () => NOON,
    remaining: () => 60_000,
    telemetry: SILENT,
    log: (message, { cluster = '' }) => {
      const line = `${message} ${cluster}`.trim();
      logged.push(line);
      one.onLog(line);
    },
    ...more,
  };
  const one: Run = { notices, logged, onLog: () => {}, tell: (event) => nudge(event, deps) };
  return one;
}

export interface Told {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Door extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly told: Told[];
}

/** A server that answers with these statuses, one after the other, and then with the last of them. */
export async function startDoor(...statuses: readonly number[]): Promise<Door> {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    told.push({ path: request.url ?? '', headers: request.headers, body });
    response.writeHead(statuses[told.length - 1] ?? statuses.at(-1) ?? 200, { location: '/elsewhere' });
    response.end('whatever it says');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/hook/path-that-is-a-secret`,
    host,
    told,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
