import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';

type Params = Readonly<Record<string, string>>;
type Parts<T> = Readonly<Record<string, (serverless: { options: object }) => Promise<T>>>;
interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}
interface Definition {
  readonly events: readonly {
    readonly eventBridge?: {
      readonly pattern: { readonly 'detail-type': readonly string[]; readonly detail: unknown };
    };
  }[];
  readonly iamRoleStatements: readonly Statement[];
}
interface Resource {
  readonly DeletionPolicy: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever CloudFormation has
  readonly Properties: any;
}

const { functions, resources } = createRequire(import.meta.url)('../../infra/deployment.cjs') as {
  functions: Parts<Readonly<Record<string, Definition>>>;
  resources: Parts<{ readonly Resources: Readonly<Record<string, Resource>> }>;
};

const options = (param: Params) => ({
  options: { stage: 'prod', param: Object.entries(param).map((one) => one.join('=')), paramFile: null },
});
const deployed = async (param: Params) => (await functions.archive?.(options(param)))?.archive;
const bucketOf = async (param: Params) => (await resources['ledger-bucket']?.(options(param)))?.Resources ?? {};

describe('archive as it is deployed', () => {
  const param = { 'ledger-bucket': 'copies' };

  test('is there only where a bucket is named', async () => {
    assert.equal(await deployed({}), undefined);
    assert.deepEqual(await bucketOf({}), {});
    assert.deepEqual(Object.keys(await bucketOf(param)), ['LedgerBucket', 'LedgerBucketPolicy']);
    assert.deepEqual(await bucketOf({ ...param, 'create-ledger-bucket': 'false' }), {});
    assert.notEqual(await deployed({ ...param, 'create-ledger-bucket': 'false' }), undefined);
  });

  test('may add to its own part of the bucket, and neither read, list, delete nor set a retention there', async () => {
    const statements = (await deployed(param))?.iamRoleStatements ?? [];
    const s3 = statements.filter(({ Action }) => [Action].flat().some((action) => action.startsWith('s3:')));
    assert.deepEqual(s3, [
      { Effect: 'Allow', Action: 's3:PutObject', Resource: { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::copies/prod/*` } },
    ]);
    const actions = statements.flatMap(({ Action }) => Action).sort();
    const others = ['dynamodb:GetItem', 'dynamodb:PutItem', 'events:PutEvents', 's3:PutObject'];
    assert.deepEqual(actions, [...others, 'secretsmanager:GetSecretValue']);
    assert.match(JSON.stringify(statements), /secret:gitferry\/prod\/git-read-\?/u);
  });

  test('is woken by what mirror tells, never by a stall, which it tells itself', async () => {
    const events = (await deployed(param))?.events ?? [];
    const patterns = events.flatMap(({ eventBridge }) => (eventBridge === undefined ? [] : [eventBridge.pattern]));
    const types = patterns.flatMap((pattern) => pattern['detail-type']);
    assert.deepEqual([...types].sort(), ['Landed', 'Lifted', 'Rejected', 'TakenBack', 'Verdict', 'Waiting']);
    assert.deepEqual(patterns[0]?.detail, { deployment: ['prod'] });
  });

  test('the bucket keeps every version for its time, and stays when the deployment goes', async () => {
    const { LedgerBucket: bucket, LedgerBucketPolicy: policy } = await bucketOf({
      ...param,
      'ledger-retention-days': '90',
    });
    assert.equal(bucket?.DeletionPolicy, 'RetainExceptOnCreate');
    const {
      ObjectLockEnabled,
      ObjectLockConfiguration: lock,
      VersioningConfiguration,
      ...rest
    } = bucket?.Properties ?? {};
    assert.equal(ObjectLockEnabled, true);
    assert.deepEqual(VersioningConfiguration, { Status: 'Enabled' });
    assert.equal(lock.Rule.DefaultRetention.Mode, 'COMPLIANCE');
    assert.equal(Number(lock.Rule.DefaultRetention.Days), 90);
    assert.doesNotMatch(JSON.stringify(rest.LifecycleConfiguration), /Expiration/u, 'nothing expires');
    const denied = policy?.Properties.PolicyDocument.Statement.map(
      ({ Effect, Action, Condition }: Statement) => `${Effect} ${Action} ${JSON.stringify(Condition ?? {})}`,
    );
    assert.deepEqual(denied, [
      'Deny s3:* {"Bool":{"aws:SecureTransport":"false"}}',
      'Deny s3:PutObject {"Null":{"s3:if-none-match":"true"}}',
      'Deny s3:DeleteObject {}',
    ]);
  });
});
