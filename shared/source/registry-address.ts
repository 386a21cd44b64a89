import type { Agent } from 'node:http';
import { Stalled } from '../errors.ts';
import { agentOf, publicAgentOf } from '../http/agent.ts';

/** Docker Hub's images are named by one host and served by another. */
const HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** Which addresses inside a network may be asked, as `host` or `host:port`. All public ones may. */
export class Addresses {
  readonly #listed: ReadonlySet<string>;

  constructor(listed: readonly string[]) {
    this.#listed = new Set(listed.map((entry) => entry.toLowerCase()));
  }

  /** Where a registry's API begins. Without TLS only on this machine, and only when it is listed. */
  originOf(registry: string): URL {
    const host = HOSTS[registry] ?? registry;
    const plain = URL.parse(`http://${host}`);
    const url = plain !== null && this.isLocal(plain) ? plain : URL.parse(`https://${host}`);
    if (url !== null) return url;
    throw new Stalled('NotARegistry', `There can be no registry at ${registry}.`, {
      hint: 'Correct the image’s name.',
    });
  }

  /** Without TLS, but it never leaves this machine, and is listed. */
  isLocal(url: URL): boolean {
    const { protocol, hostname } = url;
    const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/u.test(hostname);
    return protocol === 'http:' && loopback && this.#isListed(url);
  }

  agentOf(url: URL): Agent {
    return this.#isListed(url) ? agentOf(url.protocol, undefined) : publicAgentOf(url.protocol);
  }

  #isListed({ protocol, hostname, port }: URL): boolean {
    const usual = protocol === 'https:' ? 443 : 80;
    return this.#listed.has(hostname) || this.#listed.has(`${hostname}:${port || usual}`);
  }
}

/** The refusal of an address inside a network that nobody listed. */
export function addressRefused(host: string): Stalled {
  return new Stalled(
    'AddressRefused',
    `${host} is an address inside a network, and not one of those that are allowed.`,
    {
      hint: `If gitferry should ask it, add ${host} to GITFERRY_PRIVATE_REGISTRIES.`,
      facts: { host },
    },
  );
}
