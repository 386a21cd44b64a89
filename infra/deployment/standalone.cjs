// The template for those who deploy it by other means than `serverless deploy`: that makes a bucket for the code in a stack of its
// own and fills it before the rest; this one takes the code from a bucket that is there.
'use strict';
const { createHash } = require('node:crypto');

const BUCKET = /^ServerlessDeploymentBucket/u;

/**
 * @param {{ Resources: object, Outputs: object }} template what `serverless package` made
 * @param {Record<string, Buffer>} zips the code, by the names of the files
 * @returns {object} a template with the parameters `CodeBucket` and `CodePrefix`; the default of the latter changes with the code
 */
function standalone({ Resources, Outputs, ...rest }, zips) {
  const hash = createHash('sha256');
  for (const name of Object.keys(zips).sort())
    hash.update(`${name} ${createHash('sha256').update(zips[name]).digest('hex')}\n`);
  const resources = without(Resources).map(([id, resource]) => [
    id,
    resource.Properties?.Code ? coded(resource) : resource,
  ]);
  // Names that others import are those of the stack that `serverless deploy` makes.
  const outputs = without(Outputs).map(([id, { Export: _, ...output }]) => [id, output]);
  return {
    ...rest,
    Parameters: {
      CodeBucket: { Type: 'String', Description: 'The bucket that the zips were uploaded to' },
      CodePrefix: {
        Type: 'String',
        Description: 'What their keys begin with, up to the slash before the name',
        Default: `gitferry/${hash.digest('hex').slice(0, 16)}`,
      },
    },
    Resources: Object.fromEntries(resources),
    Outputs: Object.fromEntries(outputs),
  };
}

const without = (entries) => Object.entries(entries).filter(([id]) => !BUCKET.test(id));

function coded(resource) {
  const name = resource.Properties.Code.S3Key.split('/').at(-1);
  const Code = { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { 'Fn::Sub': `\${CodePrefix}/${name}` } };
  return { ...resource, Properties: { ...resource.Properties, Code } };
}

module.exports = { standalone };
