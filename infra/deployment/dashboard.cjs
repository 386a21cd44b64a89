// The dashboard: one for all main repositories, since whoever is called looks at one page. Each repository has the same three
// rows: what came and what became of it, how long it took, and what keeps it from working.
'use strict';

const REGION = `\${AWS::Region}`;
const HALF = 12;
const THIRD = 8;
const QUARTER = 6;
const HEIGHT = 6;

const FUNCTIONS = ['mirror', 'nudge', 'verify', 'notify', 'sweep'];
const QUEUES = ['changes', 'looks', 'notices', 'nudge'];
const VERDICTS = {
  delivered: '#2ca02c',
  failed: '#d62728',
  'timed-out': '#ff7f0e',
  inconclusive: '#bcbd22',
  superseded: '#7f7f7f',
};

const graph = (title, width, metrics, more = {}) => ({
  type: 'metric',
  width,
  height: HEIGHT,
  properties: { title, region: REGION, period: 300, stat: 'Sum', view: 'timeSeries', metrics, ...more },
});
const text = (markdown) => ({
  type: 'text',
  width: 24,
  height: 1,
  properties: { markdown, background: 'transparent' },
});
const alarmArn = (name) => `arn:\${AWS::Partition}:cloudwatch:${REGION}:\${AWS::AccountId}:alarm:${name}`;
const whole = { yAxis: { left: { min: 0 } } };
const milliseconds = { yAxis: { left: { min: 0, label: 'ms', showUnits: false } } };

const own = (service, deployment, name, more = {}) => [
  'gitferry',
  name,
  'service',
  service,
  'deployment',
  deployment,
  { label: name, ...more },
];
const lambda = (deployment, name, metric, label = name) => [
  'AWS/Lambda',
  metric,
  'FunctionName',
  `gitferry-${deployment}-${name}`,
  { label },
];
const queue = (name, metric, label, more = {}) => ['AWS/SQS', metric, 'QueueName', name, { label, ...more }];

function repositoryRows({ deployment, repository }, archives) {
  const functions = archives ? [...FUNCTIONS, 'archive'] : FUNCTIONS;
  const mirror = (name, more) => own('mirror', deployment, name, more);
  const dead = QUEUES.map((name) => [`gitferry-${deployment}-${name}-dead`, `${name}: dead letters`]);
  return [
    [text(`## ${deployment}${repository === '' ? '' : ` · ${repository}`}`)],
    [
      graph(
        'Changes and what became of them',
        THIRD,
        ['ChangesReceived', 'Landed', 'Rejected', 'Waiting', 'TakenBack', 'Reverted', 'MissedRepaired'].map((name) =>
          mirror(name),
        ),
        whole,
      ),
      graph(
        'Verdicts',
        THIRD,
        Object.entries(VERDICTS).map(([outcome, color]) => [
          ...mirror('Verdicts').slice(0, -1),
          'outcome',
          outcome,
          { label: outcome, color },
        ]),
        { ...whole, stacked: true, view: 'timeSeries' },
      ),
      graph(
        'Pushes, and sweeps that came to their end',
        THIRD,
        [
          mirror('PushAttempts'),
          mirror('Landed'),
          own('sweep', deployment, 'SweepsFinished'),
          own('sweep', deployment, 'ClusterSweepsFinished'),
        ],
        whole,
      ),
    ],
    [
      graph(
        'From the event to the commit',
        HALF,
        ['p50', 'p95', 'Maximum'].map((stat) => mirror('EventToCommit', { stat, label: stat })),
        milliseconds,
      ),
      graph(
        'From the event to the verdict',
        HALF,
        ['p50', 'p95', 'Maximum'].map((stat) => mirror('EventToVerdict', { stat, label: stat })),
        milliseconds,
      ),
    ],
    [
      graph(
        'Oldest message, in seconds',
        QUARTER,
        ['changes', 'looks', 'notices'].map((name) =>
          queue(`gitferry-${deployment}-${name}`, 'ApproximateAgeOfOldestMessage', name),
        ),
        { ...whole, stat: 'Maximum' },
      ),
      graph(
        'Changes that are put off',
        QUARTER,
        [
          mirror('PutOff'),
          mirror('OldestPutOff', { stat: 'Maximum', yAxis: 'right' }),
          queue(`gitferry-${deployment}-changes`, 'ApproximateNumberOfMessagesNotVisible', 'hidden', {
            stat: 'Minimum',
          }),
        ],
        { yAxis: { ...whole.yAxis, right: milliseconds.yAxis.left } },
      ),
      graph(
        'Dead letters, and who could not be told',
        QUARTER,
        [
          ...dead.map(([name, label]) => queue(name, 'ApproximateNumberOfMessagesVisible', label, { stat: 'Maximum' })),
          own('nudge', deployment, 'NudgesFailed'),
          own('notify', deployment, 'NoticesFailed'),
        ],
        whole,
      ),
      graph(
        'Errors of functions',
        QUARTER,
        functions.map((name) => lambda(deployment, name, 'Errors')),
        whole,
      ),
    ],
  ];
}

function lastRow(stage, receives) {
  const webhooks = graph(
    'Webhooks',
    HALF,
    [
      lambda(stage, 'receive', 'UrlRequestCount', 'requests'),
      own('receive', stage, 'WebhooksRefused', { label: 'refused' }),
      lambda(stage, 'receive', 'Url5xxCount', 'not taken'),
      lambda(stage, 'receive', 'Throttles', 'throttled'),
    ],
    whole,
  );
  const functions = receives ? ['receive', ...FUNCTIONS] : FUNCTIONS;
  const starts = functions.map((service) => own(service, stage, 'ColdStart', { label: service }));
  return [...(receives ? [webhooks] : []), graph('Cold starts', HALF, starts, whole)];
}

/** Rows below each other, and in a row from left to right. */
function placed(rows) {
  let y = 0;
  return rows.flatMap((row) => {
    let x = 0;
    const widgets = row.map((widget) => {
      const one = { ...widget, x, y };
      x += widget.width;
      return one;
    });
    y += Math.max(...row.map(({ height }) => height));
    return widgets;
  });
}

/**
 * @param {{ stage: string, repositories: readonly { deployment: string, repository: string }[], alarms: readonly string[],
 *   receives: boolean, archives: boolean }} about  `alarms`: the names of all.
 * @returns {object} the resource
 */
function dashboardOf({ stage, repositories, alarms, receives, archives }) {
  const height = 1 + Math.ceil(alarms.length / 4);
  const status = { type: 'alarm', width: 24, height, properties: { title: 'Alarms', alarms: alarms.map(alarmArn) } };
  const rows = [[status], ...repositories.flatMap((one) => repositoryRows(one, archives)), lastRow(stage, receives)];
  const body = { start: '-PT12H', periodOverride: 'inherit', widgets: placed(rows) };
  return {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: { DashboardName: `gitferry-${stage}`, DashboardBody: { 'Fn::Sub': JSON.stringify(body) } },
  };
}

module.exports = { dashboardOf };
