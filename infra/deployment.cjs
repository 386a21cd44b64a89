// What serverless.yml names: the files of infra/functions and infra/resources, filled in. What belongs to a main repository is
// there once for each: a queue and functions of its own, so that one that is slow or broken delays no other, and each role reads
// its own secrets alone. The first has the plain names; those of the others end with their own.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { arnsOf } = require('./deployment/arns.cjs');
const { dashboardOf } = require('./deployment/dashboard.cjs');
const { encryptionOf } = require('./deployment/encryption.cjs');
const { readLimits } = require('./deployment/limits.cjs');
const { networkOf } = require('./deployment/network.cjs');
const { declared, partsOf, readParameters } = require('./deployment/parameters.cjs');
const { regionOf } = require('./deployment/region.cjs');
const { choose, fill, parseTemplate, rename } = require('./deployment/template.cjs');

/** Told to every repository, or kept for all of them. */
const SHARED = { functions: ['receive'], resources: ['bus', 'key', 'ledger-bucket', 'receive-alarms'] };
const EACH = {
  functions: ['mirror', 'nudge', 'verify', 'notify', 'sweep', 'archive'],
  resources: ['bucket', 'changes', 'looks', 'notices', 'state', 'alarms'],
};

/** X-Ray knows no narrower resource. */
const TRACE = { Effect: 'Allow', Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], Resource: '*' };

const template = (kind, name) => parseTemplate(readFileSync(join(__dirname, kind, `${name}.yml`), 'utf8'));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Parameters, and the stage that they are of; both `serverless` and the embedded run ask by its `options`. */
async function tellingOf({ options, resolveVariable }) {
  const stage = options.stage ?? (await resolveVariable('self:provider.stage'));
  return { stage, ...readParameters({ stage, given: options.param ?? [], file: options.paramFile }) };
}

/** The main repositories, the first first: what is repeated for each is filled in from these. */
function repositoriesOf({ stage, first, further }) {
  return [{ ...first, name: '' }, ...further].map((parameters) => {
    const { name } = parameters;
    const bucket = parameters.bucket || `${stage}-bucket`;
    return {
      name,
      suffix: capital(name),
      deployment: name === '' ? stage : `${stage}-${name}`,
      bucket,
      creates: parameters['create-bucket'] === 'true',
      parameters: { ...parameters, bucket },
    };
  });
}

function scopesOf({ deployment, creates, parameters }, telling) {
  const { first } = telling;
  return {
    param: parameters,
    repository: {
      deployment,
      'creates-bucket': creates,
      clustered: parameters.clusters !== '',
    },
    arn: arnsOf(parameters, declared()),
    limits: readLimits(first['reserved-concurrency'] === 'true'),
    encryption: encryptionOf(first),
    ...sharedScopes(telling),
  };
}

/** What is said of the deployment as a whole. */
function sharedScopes(telling) {
  const { first } = telling;
  const repositories = repositoriesOf(telling);
  const alarmed = first['alarm-topic'];
  const layer = first['telemetry-layer'];
  const traced = first.tracing === 'active';
  const accounts = partsOf(first['event-accounts']);
  const queues = (id) => repositories.map(({ suffix }) => id + suffix);
  const urls = (id) => ({ 'Fn::Join': [' ', queues(id).map((queue) => ({ Ref: queue }))] });
  return {
    deployment: {
      'alarm-actions': alarmed === '' ? null : [alarmed],
      receives: first.webhooks === 'true',
      archives: first['ledger-bucket'] !== '',
      'creates-ledger-bucket': first['ledger-bucket'] !== '' && first['create-ledger-bucket'] === 'true',
      'changes-queues': urls('ChangesQueue'),
      'looks-queues': urls('LooksQueue'),
      'all-queues': [...queues('ChangesQueue'), ...queues('LooksQueue')].map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
      forwards: accounts.length > 0,
      accounts,
      tracing: traced ? 'Active' : null,
      trace: traced ? [TRACE] : null,
      layers: layer === '' ? null : [layer],
      wrapper: layer === '' ? null : first['telemetry-wrapper'],
    },
  };
}

/** A statement about nothing is none. */
const spoken = ({ iamRoleStatements = [], ...definition }) => ({
  ...definition,
  iamRoleStatements: iamRoleStatements.filter(({ Resource = [] }) => Resource.length !== 0),
});

function functionOf(name) {
  return async (serverless) => {
    const telling = await tellingOf(serverless);
    const ids = idsOf();
    const entries = repositoriesFor('functions', name, telling).flatMap((repository) => {
      const network = networkOf(telling.first, nameOf(name, repository));
      const scopes = { ...scopesOf(repository, telling), network };
      const { When = true, ...filled } = fill(template('functions', name), scopes);
      if (!When) return [];
      const renamed = rename(spoken(filled), ids, (id) => id + repository.suffix);
      return [[name + repository.suffix, { ...renamed, ...namesOf(name, repository) }]];
    });
    return Object.fromEntries(entries);
  };
}

/** Also what `serverless` by itself calls those of the first repository. */
const nameOf = (name, { deployment }) => `gitferry-${deployment}-${name}`;

/** Those of the first repository are what `serverless` calls them by itself: policies elsewhere name its roles. */
function namesOf(name, repository) {
  if (repository.suffix === '') return {};
  const own = nameOf(name, repository);
  return { name: own, iamRoleStatementsName: `${own}-\${aws:region}` };
}

function resourcesOf(name) {
  return async (serverless) => {
    const telling = await tellingOf(serverless);
    const ids = idsOf();
    const parts = repositoriesFor('resources', name, telling).map((repository) => {
      const filled = choose(fill(template('resources', name).Resources, scopesOf(repository, telling)));
      const renamed = rename(filled, ids, (id) => id + repository.suffix);
      return Object.fromEntries(
        Object.entries(renamed).map(([id, resource]) => [ids.has(id) ? id + repository.suffix : id, resource]),
      );
    });
    return { Resources: Object.assign({}, ...parts) };
  };
}

async function dashboard(serverless) {
  const telling = await tellingOf(serverless);
  const parts = await Promise.all(['alarms', 'receive-alarms'].map((name) => resourcesOf(name)(serverless)));
  const alarms = parts
    .flatMap(({ Resources }) => Object.values(Resources))
    .map(({ Properties }) => Properties.AlarmName);
  const repositories = repositoriesOf(telling).map(({ deployment, parameters: { repository } }) => ({
    deployment,
    repository,
  }));
  const { receives, archives } = sharedScopes(telling).deployment;
  return { Resources: { Dashboard: dashboardOf({ stage: telling.stage, repositories, alarms, receives, archives }) } };
}

function repositoriesFor(kind, name, telling) {
  const repositories = repositoriesOf(telling);
  return SHARED[kind].includes(name) ? repositories.slice(0, 1) : repositories;
}

/** The logical ids that there are once for each repository. */
function idsOf() {
  return new Set(EACH.resources.flatMap((name) => Object.keys(template('resources', name).Resources)));
}

const byName = (kind, make) => Object.fromEntries([...SHARED[kind], ...EACH[kind]].map((name) => [name, make(name)]));

exports.functions = byName('functions', functionOf);
exports.resources = { ...byName('resources', resourcesOf), dashboard };
exports.region = ({ options }) => regionOf(options);
exports.repositoriesOf = repositoriesOf;
exports.tellingOf = tellingOf;
