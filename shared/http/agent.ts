import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';

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
    return protocol === 'https:' ? new RequestFilteringHttpsAgent(options) : new RequestFilteringHttpAgent(options);
  });
}

/** Whether a connection failed because its address is not public. The agent says so by its words alone. */
export function isRefusedAddress(error: unknown): boolean {
  return error instanceof Error && /is not allowed\. Because/u.test(error.message);
}

function kept(key: string, make: () => HttpAgent | HttpsAgent): HttpAgent | HttpsAgent {
  const agent = agents.get(key) ?? make();
  agents.set(key, agent);
  return agent;
}
