import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

interface Template {
  readonly Parameters: { readonly CodePrefix: { readonly Default: string } };
  readonly Resources: object;
  readonly Outputs: object;
}
const { standalone } = createRequire(import.meta.url)('../../infra/deployment/standalone.cjs') as {
  standalone: (template: object, zips: Readonly<Record<string, Buffer>>) => Template;
};

const bucket = { Ref: 'ServerlessDeploymentBucket' };
const packaged = {
  Description: 'd',
  Resources: {
    ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' },
    ServerlessDeploymentBucketPolicy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: bucket } },
    MirrorLambdaFunction: {
      Type: 'AWS::Lambda::Function',
      Properties: { Code: { S3Bucket: bucket, S3Key: 'serverless/gitferry/production/1-2/mirror.zip' }, Timeout: 120 },
      DependsOn: ['MirrorLogGroup'],
    },
    MirrorLogGroup: { Type: 'AWS::Logs::LogGroup', Properties: {} },
  },
  Outputs: {
    ServerlessDeploymentBucketName: { Value: bucket },
    Url: { Value: 'u', Export: { Name: 'sls-gitferry-production-Url' } },
  },
};
const zips = { 'mirror.zip': Buffer.from('one'), 'sweep.zip': Buffer.from('two') };

test('the code comes from a bucket that is told, and none is made for it', () => {
  const { Resources, Outputs } = standalone(packaged, zips);
  assert.deepEqual(Resources, {
    MirrorLambdaFunction: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { 'Fn::Sub': `\${CodePrefix}/mirror.zip` } },
        Timeout: 120,
      },
      DependsOn: ['MirrorLogGroup'],
    },
    MirrorLogGroup: { Type: 'AWS::Logs::LogGroup', Properties: {} },
  });
  assert.deepEqual(Outputs, { Url: { Value: 'u' } });
});

test('the prefix is the same for the same code alone, so that an update takes other code', () => {
  const prefix = (code: Readonly<Record<string, Buffer>>) => standalone(packaged, code).Parameters.CodePrefix.Default;
  assert.match(prefix(zips), /^gitferry\/[0-9a-f]{16}$/u);
  const { 'mirror.zip': mirror, 'sweep.zip': sweep } = zips;
  assert.equal(prefix({ 'sweep.zip': sweep, 'mirror.zip': mirror }), prefix(zips));
  assert.notEqual(prefix({ 'mirror.zip': sweep, 'sweep.zip': mirror }), prefix(zips));
  assert.notEqual(prefix({ ...zips, 'mirror.zip': Buffer.from('three') }), prefix(zips));
});
