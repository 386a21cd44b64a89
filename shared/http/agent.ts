import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

const agents = new Map<string, HttpAgent | HttpsAgent>();

/** Connections are kept for the next request of this process, one pool for each certificate authority. */
export function agentOf(protocol: string, ca: string | undefined): HttpAgent | HttpsAgent {
  const key = `${protocol} ${ca ?? ''}`;
  let agent = agents.get(key);
  if (agent === undefined) {
    const options = { keepAlive: true, ...(ca === undefined ? {} : { ca }) };
    agent = protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
    agents.set(key, agent);
  }
  return agent;
}
