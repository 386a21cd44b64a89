import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What canaries are measured by; null when nothing was measured. */
export interface Measures {
  /** Per cent of requests that did not fail. */
  readonly successRate?: number | null;
  /** Seconds that 99 of 100 requests stay below. */
  readonly duration?: number | null;
}

/** Answers the queries that Flagger asks a Prometheus. */
export interface Prometheus {
  readonly url: string;
  /** For all canaries, or those whose workload has this name. */
  set(measures: Measures, workload?: string): void;
  close(): Promise<void>;
}

const GOOD: Required<Measures> = { successRate: 100, duration: 0.05 };

/** The measure that a query asks for; the names of metrics are those of Flagger's queries for plain Kubernetes. */
function measured(query: string, measures: Required<Measures>): number | null {
  if (query === 'vector(1)') return 1;
  if (query.includes('http_request_duration_seconds_bucket')) return measures.duration;
  if (query.includes('http_request_duration_seconds_count')) return measures.successRate;
  return null;
}

export async function startPrometheus(): Promise<Prometheus> {
  const all = { ...GOOD };
  const each = new Map<string, Measures>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const query = url.searchParams.get('query') ?? '';
    const workload = /kubernetes_pod_name=~"(.*?)-\[/u.exec(query)?.[1] ?? '';
    if (url.pathname !== '/api/v1/query') {
      response.writeHead(404).end();
      return;
    }
    const value = measured(query, { ...all, ...each.get(workload) });
    const result = value === null ? [] : [{ metric: {}, value: [Date.now() / 1000, String(value)] }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(measures, workload) {
      if (workload === undefined) Object.assign(all, measures);
      else each.set(workload, { ...each.get(workload), ...measures });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
