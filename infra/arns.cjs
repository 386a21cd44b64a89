// What roles are about where a parameter names it and may be empty: ${file(./infra/arns.cjs):eks}, …:topic and so on.
'use strict';

const CLUSTER = /^(?:eks:([0-9A-Za-z][\w-]*)(?:@([a-z0-9-]+))?|secret:([\w/+=.@-]+))$/u;

/** `eks:<name>[@<region>]` and `secret:<name>`, with commas between. */
async function clusters({ resolveVariable }) {
  const list = String(await resolveVariable('param:clusters'));
  const entries = list.split(',').map((entry) => entry.trim());
  return (list.trim() === '' ? [] : entries).map((entry) => {
    const [whole, name, region, secret] = CLUSTER.exec(entry) ?? [];
    if (whole === undefined)
      throw new Error(
        `"${entry}" in the parameter clusters is neither eks:<name>, eks:<name>@<region> nor secret:<name>.`,
      );
    return { name, region, secret };
  });
}

/** A policy needs a resource: where there is none, one that nothing can have as its name. */
const orNone = (arns, none) => (arns.length === 0 ? [none] : arns).map((arn) => ({ 'Fn::Sub': arn }));

const of = (service, region = `\${AWS::Region}`) => `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:`;

/** Of the clusters in EKS, whose addresses may be asked for. */
exports.eks = async (serverless) => {
  const named = (await clusters(serverless)).filter(({ name }) => name !== undefined);
  return orNone(
    named.map(({ name, region }) => `${of('eks', region)}cluster/${name}`),
    `${of('eks')}cluster/`,
  );
};

/** Of the secrets that hold a kubeconfig: of each cluster one for these rights. */
const kubeconfigs = (rights) => async (serverless) => {
  const named = (await clusters(serverless)).filter(({ secret }) => secret !== undefined);
  return orNone(
    named.map(({ secret }) => `${of('secretsmanager')}secret:${secret}/${rights}-??????`),
    `${of('secretsmanager')}secret:-??????`,
  );
};
exports.kubeconfigsToNudge = kubeconfigs('nudge');
exports.kubeconfigsToVerify = kubeconfigs('verify');

/** Of the topic that tells people. */
exports.topic = async ({ resolveVariable }) => {
  const topic = await resolveVariable('param:topic');
  return orNone(topic === '' ? [] : [topic], `${of('sns')}no.topic`);
};
