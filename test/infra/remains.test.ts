import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { remainsOf } = createRequire(import.meta.url)('../../infra/deployment/remains.cjs') as {
  remainsOf: (template: object, physicalIds: Readonly<Record<string, string>>) => readonly string[];
};

const lambda = (variables: object) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Environment: { Variables: variables } },
});

test('what is kept, the ledger and the secrets are named once each, and nothing that goes', () => {
  const place = {
    GITFERRY_DEPLOYMENT: 'production',
    GITFERRY_BRANCH: 'main',
    GITFERRY_REPOSITORY: 'https://h.example/fleet',
  };
  const Resources = {
    Bucket: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain' },
    BucketPolicy: { Type: 'AWS::S3::BucketPolicy', DeletionPolicy: 'Retain' },
    LedgerBucket: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'RetainExceptOnCreate' },
    Key: { Type: 'AWS::KMS::Key', DeletionPolicy: 'Retain' },
    ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' },
    StateTable: { Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'Delete' },
    Mirror: lambda({ ...place, GITFERRY_GIT_SECRET: 'gitferry/production/git', GITFERRY_SIGNING_SECRET: '' }),
    Sweep: lambda({ ...place, GITFERRY_GIT_SECRET: 'gitferry/production/git-read' }),
    SweepData: lambda({
      ...place,
      GITFERRY_DEPLOYMENT: 'production-data',
      GITFERRY_REPOSITORY: 'https://h.example/data',
    }),
    Nudge: lambda({ GITFERRY_BUS: { Ref: 'Bus' } }),
  };
  assert.deepEqual(remainsOf({ Resources }, { Bucket: 'acme-releases', LedgerBucket: 'acme-ledger', Key: 'f00' }), [
    'bucket acme-releases',
    'bucket acme-ledger',
    'KMS key f00',
    'gitferry-ledger/production/main and all commits in https://h.example/fleet',
    'gitferry-ledger/production-data/main and all commits in https://h.example/data',
    'the secrets gitferry/production/git, gitferry/production/git-read',
  ]);
});

test('of a deployment that keeps nothing, nothing is said to stay', () => {
  assert.deepEqual(remainsOf({ Resources: { Queue: { Type: 'AWS::SQS::Queue' } } }, {}), []);
});
