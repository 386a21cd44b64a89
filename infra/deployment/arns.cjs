// What roles are about where a parameter names it; null where it names nothing: then the role says nothing of it.
'use strict';
const { partsOf } = require('./parameters.cjs');

const of = (service, region = `\${AWS::Region}`) => `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:`;
const sub = (text) => (text.includes('$') ? { 'Fn::Sub': text } : text);
/** As few as there are; null for none. */
const orNone = (arns) => (arns.length === 0 ? null : arns.map(sub));
/** The store puts six characters behind a secret's name. */
const secretArn = (name) => `${of('secretsmanager')}secret:${name}-??????`;

const CLUSTER = /^(?:eks:(?<name>[^@]+)(?:@(?<region>.+))?|secret:(?<secret>.+))$/u;

/** By parameter, for one main repository; clusters are `eks`, `kubeconfigs-to-nudge`, `kubeconfigs-to-verify`. */
function arnsOf(parameters, declared) {
  const clusters = partsOf(parameters.clusters).map((text) => CLUSTER.exec(text).groups);
  const secrets = Object.keys(declared).filter((key) => declared[key].secret);
  const kubeconfigs = (rights) =>
    orNone(clusters.flatMap(({ secret }) => (secret === undefined ? [] : [secretArn(`${secret}/${rights}`)])));
  return {
    ...Object.fromEntries(secrets.map((key) => [key, parameters[key] === '' ? null : sub(secretArn(parameters[key]))])),
    bucket: sub(`arn:\${AWS::Partition}:s3:::${parameters.bucket}`),
    objects: sub(`arn:\${AWS::Partition}:s3:::${parameters.bucket}/*`),
    rejections: sub(`arn:\${AWS::Partition}:s3:::${parameters.bucket}/gitferry-rejected/*`),
    'ledger-bucket': sub(`arn:\${AWS::Partition}:s3:::${parameters['ledger-bucket']}`),
    'ledger-objects': sub(`arn:\${AWS::Partition}:s3:::${parameters['ledger-bucket']}/*`),
    'ecr-repositories': orNone(partsOf(parameters['ecr-repositories'])),
    eks: orNone(
      clusters.flatMap(({ name, region }) => (name === undefined ? [] : [`${of('eks', region)}cluster/${name}`])),
    ),
    'kubeconfigs-to-nudge': kubeconfigs('nudge'),
    'kubeconfigs-to-verify': kubeconfigs('verify'),
    topic: parameters.topic === '' ? null : parameters.topic,
  };
}

const functionArn = (name) => sub(`${of('lambda')}function:${name}`);

module.exports = { arnsOf, functionArn };
