/** Events of the bus as `mirror`, `nudge` and `sweep` put them. */
export const COMMIT = 'a'.repeat(40);
export const REPOSITORY = 'https://github.com/acme/fleet.git';

type Detail = Readonly<Record<string, unknown>>;

const where = { deployment: 'production', repository: REPOSITORY, branch: 'main' };
const AT = '2030-01-01T12:00:00.000Z';

/** ULIDs, the later the greater. */
export const release = (number: number): string => `01J${String(number).padStart(23, '0')}`;

function event(type: string, detail: Detail): Record<string, unknown> {
  return { version: '0', source: 'gitferry', 'detail-type': type, detail: { ...where, ...detail } };
}

const web = {
  ...{ release: release(1), unit: 'charts#web', version: '1.4.0', content: 'sha256:1', commit: COMMIT },
  ...{
    summary: 'Release web 1.4.0',
    publisher: 'arn:aws:iam::1:user/jenkins',
    source: 's3://releases/charts/web-1.4.0.tgz',
  },
};

export const landed = (more: Detail = {}) =>
  event('Landed', {
    ...web,
    ...{ landedAt: AT, paths: ['charts/web'], image: null, reverts: null },
    rollout: { deadline: 1_800_000, onFailure: 'revert' },
    ...more,
  });

export const verdict = (outcome: string, more: Detail = {}) =>
  event('Verdict', {
    ...web,
    ...{
      verdict: outcome,
      reason: 'PodNotReady',
      message: 'The container web crashes: exit code 1.',
      hint: 'See its log.',
    },
    ...{ at: AT, onFailure: 'revert', reverts: null, revertedBy: null },
    ...more,
  });

export const outcome = (type: 'Rejected' | 'Waiting' | 'Stalled' | 'TakenBack', more: Detail = {}) =>
  event(type, {
    ...{ id: release(2), at: AT, unit: 'charts#web', source: 's3://releases/charts/web-1.4.0.tgz', publisher: null },
    ...{
      reason: 'KindNotAllowed',
      message: 'A ClusterRole may not come.',
      hint: 'Leave it out.',
      paths: ['charts/web'],
    },
    ...more,
  });

export const drift = (gone: boolean, at = AT, more: Detail = {}) =>
  event('Drift', {
    ...{ id: 'drift-1', cluster: 'eu', gone, at, reason: 'Edited', message: 'spec.replicas is 7.', hint: 'Revert it.' },
    object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
    ...more,
  });

export const nudgeFailed = (more: Detail = {}) =>
  event('NudgeFailed', {
    ...{ id: 'nudge-1', release: release(1), cluster: 'eu', at: AT },
    ...{ reason: 'ClusterForbidden', message: 'It may not list.', hint: 'Apply the role.' },
    ...more,
  });
