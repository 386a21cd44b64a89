import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createRequire } from 'node:module';

type Filtering = typeof import('request-filtering-agent');

const agents = new Map<string, HttpAgent | HttpsAgent>();

/** Connections are kept for the next request of this process, one pool for each certificate authority. */
export function agentOf(protocol: string, ca: string | undefined): HttpAgent | HttpsAgent {
  return kept(`${protocol} ${ca ?? ''}`, () => {
    const options = { keepAlive: true, ...(ca === undefined ? {} : { ca }) };
    return protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  });
}

/**
 * An agent that connects to nothing but public addresses, whatever a name resolves to at that moment: not to loopback,
 * link-local, private, carrier-grade, multicast or reserved ones, nor to those that stand for them in IPv6.
 */
export function publicAgentOf(protocol: string): HttpAgent | HttpsAgent {
  return kept(`${protocol} public`, () => {
    const options = { keepAlive: true };
    const { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } = filtering();
    return protocol === 'https:' ? new RequestFilteringHttpsAgent(options) : new RequestFilteringHttpAgent(options);
  });
}

/** Whether a connection failed because its address is not public. The agent says so by its words alone. */
export function isRefusedAddress(error: unknown): boolean {
  return error instanceof Error && /is not allowed\. Because/u.test(error.message);
}

/** Loaded with the first such agent; see shared/image/re2.ts for how. */
function filtering(): Filtering {
  const loaded: unknown =
    typeof require === 'function'
      ? require('request-filtering-agent')
      : createRequire(import.meta.url)('request-filtering-agent');
  return loaded as Filtering;
}

function kept(key: string, make: () => HttpAgent | HttpsAgent): HttpAgent | HttpsAgent {
  const agent = agents.get(key) ?? make();
  agents.set(key, agent);
  return agent;
}
