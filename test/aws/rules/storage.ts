import assert from 'node:assert/strict';
import { policyLines, readable } from '../policies.ts';
import { listed, named, ofType, type Resource, type Statement, type Template } from '../template.ts';
import type { Rules } from './rules.ts';

/** The bucket of the code, which `serverless` makes, fills and removes. */
const CODE = 'ServerlessDeploymentBucket';

const buckets = (template: Template) => ofType(template, 'AWS::S3::Bucket');
const nameOf = (id: string, { Properties }: Resource): unknown => Properties.BucketName ?? `\${${id}}`;
const keeps = ({ DeletionPolicy, UpdateReplacePolicy }: Resource): boolean =>
  DeletionPolicy === 'RetainExceptOnCreate' && UpdateReplacePolicy === 'Retain';

/** Of what holds data. */
export const STORAGE: Rules = {
  'every bucket is encrypted, versioned and closed to the public': (template) => {
    for (const [id, { Properties }] of buckets(template)) {
      const [encryption] =
        (Properties.BucketEncryption as { ServerSideEncryptionConfiguration?: object[] } | undefined)
          ?.ServerSideEncryptionConfiguration ?? [];
      assert.ok(encryption, id);
      assert.deepEqual(Properties.VersioningConfiguration, { Status: 'Enabled' }, id);
      assert.deepEqual(
        Properties.PublicAccessBlockConfiguration,
        { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        id,
      );
    }
  },

  'every bucket is spoken to by TLS alone': (template) => {
    const policies = ofType(template, 'AWS::S3::BucketPolicy').map(([, { Properties }]) => Properties);
    for (const [id, bucket] of buckets(template)) {
      const policy = policies.find(({ Bucket }) => named(Bucket) === id);
      const { Statement = [] } = (policy?.PolicyDocument ?? {}) as { Statement?: Statement[] };
      const denial = Statement.find(({ Condition }) => JSON.stringify(Condition)?.includes('aws:SecureTransport'));
      const arn = `arn:\${AWS::Partition}:s3:::${nameOf(id, bucket)}`;
      assert.equal(readable(denial?.Condition), '{Bool: {aws:SecureTransport: false}}', id);
      assert.deepEqual([denial?.Effect, denial?.Principal, denial?.Action], ['Deny', '*', 's3:*'], id);
      assert.deepEqual(listed(denial?.Resource).map(readable).sort(), [arn, `${arn}/*`], id);
    }
  },

  'buckets and keys outlive the deployment, but for the bucket of the code': (template) => {
    for (const [id, resource] of [...buckets(template), ...ofType(template, 'AWS::KMS::Key')])
      assert.equal(keeps(resource), id !== CODE, id);
  },

  'buckets of uploads tell EventBridge, and what they tell reaches a queue': (template) => {
    const uploads = buckets(template).filter(([id]) => id.startsWith('Bucket'));
    assert.ok(uploads.length > 0);
    for (const [id, bucket] of uploads) {
      assert.deepEqual(
        bucket.Properties.NotificationConfiguration,
        { EventBridgeConfiguration: { EventBridgeEnabled: true } },
        id,
      );
      const rules = ofType(template, 'AWS::Events::Rule').filter(([, { Properties }]) =>
        JSON.stringify(Properties.EventPattern ?? null).includes(`"${nameOf(id, bucket)}"`),
      );
      assert.ok(rules.length > 0, id);
    }
  },

  'the copy of the ledger can be neither shortened, overwritten nor hidden': (template) => {
    const ledgers = buckets(template).filter(([id]) => id.startsWith('Ledger'));
    assert.equal(ledgers.length, 'ArchiveLambdaFunction' in template.Resources ? 1 : 0);
    for (const [id, { Properties }] of ledgers) {
      const lock = Properties.ObjectLockConfiguration as { Rule: { DefaultRetention: Record<string, unknown> } };
      assert.equal(Properties.ObjectLockEnabled, true, id);
      assert.equal(lock.Rule.DefaultRetention.Mode, 'COMPLIANCE');
      assert.ok(Number(lock.Rule.DefaultRetention.Days) >= 365);
      const denied = policyLines(template).filter(({ of, allows }) => of === `${id}Policy` && !allows);
      const objects = `arn:\${AWS::Partition}:s3:::${Properties.BucketName}/*`;
      assert.deepEqual(
        denied.map(({ text }) => text.replace(/^deny {3}/u, '')).filter((text) => !text.startsWith('s3:*')),
        [`s3:DeleteObject  ${objects}  by *`, `s3:PutObject  ${objects}  by *  if {Null: {s3:if-none-match: true}}`],
      );
    }
  },

  'tables forget by themselves, and are encrypted by the deployment’s key where it has one': (template) => {
    const tables = ofType(template, 'AWS::DynamoDB::Table');
    assert.ok(tables.length > 0);
    const owned = ofType(template, 'AWS::KMS::Key').length > 0;
    for (const [id, { Properties }] of tables) {
      assert.deepEqual(Properties.TimeToLiveSpecification, { AttributeName: 'expires', Enabled: true }, id);
      assert.equal(Properties.SSESpecification !== undefined, owned, id);
    }
  },

  'keys turn over by themselves': (template) => {
    for (const [id, { Properties }] of ofType(template, 'AWS::KMS::Key'))
      assert.equal(Properties.EnableKeyRotation, true, id);
  },
};
