// What stays when a deployment is removed: what holds data, and what it was only told of.
'use strict';

/** What people call these, with the physical id behind it; others that are kept are called by their type. */
const NAMES = { 'AWS::S3::Bucket': 'bucket', 'AWS::KMS::Key': 'KMS key', 'AWS::SQS::Queue': 'queue' };
/** They say something of another resource, and stay with it. */
const ASIDE = new Set(['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::KMS::Alias']);

/**
 * A sentence each, from the template that is deployed and the physical ids of its resources.
 *
 * @param {{ Resources: Record<string, { Type: string, DeletionPolicy?: string, Properties?: any }> }} template
 * @param {Record<string, string>} physicalIds by logical id
 * @returns {string[]}
 */
function remainsOf({ Resources }, physicalIds) {
  const kept = Object.entries(Resources).filter(
    ([, { DeletionPolicy = '', Type }]) => DeletionPolicy.startsWith('Retain') && !ASIDE.has(Type),
  );
  const environments = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties?.Environment?.Variables ?? {});
  const secrets = [...new Set(environments.flatMap(secretsOf))];
  const ledgers = environments
    .filter(({ GITFERRY_DEPLOYMENT: deployment, GITFERRY_BRANCH: branch }) => isText(deployment) && isText(branch))
    .map(
      (of) =>
        `gitferry-ledger/${of.GITFERRY_DEPLOYMENT}/${of.GITFERRY_BRANCH} and all commits in ${of.GITFERRY_REPOSITORY}`,
    );
  return [
    ...kept.map(([id, { Type }]) => `${NAMES[Type] ?? Type} ${physicalIds[id] ?? id}`),
    ...new Set(ledgers),
    ...(secrets.length === 0 ? [] : [`the secrets ${secrets.join(', ')}`]),
  ];
}

const isText = (value) => typeof value === 'string' && value !== '';

function secretsOf(variables) {
  const named = Object.entries(variables).filter(([name, value]) => name.endsWith('_SECRET') && isText(value));
  return named.map(([, value]) => value);
}

module.exports = { remainsOf };
