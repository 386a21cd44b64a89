import type { Told } from '../../shared/notice/told.ts';
import type { Host } from './host.ts';
import { post } from './post.ts';

/** The states of a commit, the worst last: one commit can be the release of several units, and the worst counts. */
export const STATES = ['success', 'pending', 'error', 'failure'] as const;
export type State = (typeof STATES)[number];

/** What a host shows beside a commit. */
export interface Shown {
  readonly commit: string;
  readonly state: State;
  /** One line. */
  readonly description: string;
  /** What tells one deployment's state from another's. */
  readonly context: string;
}

const OF_VERDICT = {
  delivered: 'success',
  failed: 'failure',
  'timed-out': 'failure',
  superseded: 'error',
  inconclusive: 'error',
} as const;

/**
 * The state that a notice gives a unit's release; null for notices that say nothing of a commit. Where nobody follows it, it
 * has come as far as it can.
 */
export function stateOf({ type, detail }: Told, followed: boolean): State | null {
  if (type === 'Landed') return followed ? 'pending' : 'success';
  return type === 'Verdict' ? OF_VERDICT[detail.verdict] : null;
}

const DESCRIPTION = 140;

/** @throws Retryable ChannelUnavailable, Stalled ChannelRefused. */
export async function show(host: Host, { commit, state, description: full, context }: Shown): Promise<void> {
  const description = full.length > DESCRIPTION ? `${full.slice(0, DESCRIPTION - 1)}…` : full;
  const token = host.token ?? '';
  if (host.kind === 'github') {
    const url = `${apiOf(host)}/repos/${host.project}/statuses/${commit}`;
    await post('GitHub', url, JSON.stringify({ state, description, context }), {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'x-github-api-version': '2022-11-28',
    });
    return;
  }
  const url = `${apiOf(host)}/projects/${encodeURIComponent(host.project)}/statuses/${commit}`;
  const body = JSON.stringify({ state: OF_GITLAB[state], description, name: context });
  await post('GitLab', url, body, { 'private-token': token });
}

/** GitLab has no state for what nobody knows. */
const OF_GITLAB = { success: 'success', pending: 'pending', error: 'canceled', failure: 'failed' } as const;

function apiOf({ kind, url }: Host): string {
  if (kind === 'gitlab') return `${url}/api/v4`;
  const { protocol, host } = new URL(url);
  // GitHub's own clouds answer beside their address, a server of one's own below it.
  return host === 'github.com' || host.endsWith('.ghe.com') ? `${protocol}//api.${host}` : `${url}/api/v3`;
}
