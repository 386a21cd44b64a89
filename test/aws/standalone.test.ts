import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { REGION } from '../../infra/local/definitions.ts';
import { CREDENTIALS } from '../../infra/local/queues.ts';
import { checkOut } from './checkout.ts';
import { startMoto } from './moto.ts';
import { SETS } from './sets.ts';
import { ofType, type Template } from './template.ts';

it('standalone.json is deployed without serverless, from a bucket of code', async () => {
  const logs = await mkdtemp(join(tmpdir(), 'gitferry-aws-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(logs, { recursive: true, force: true }));
  const moto = await startMoto(logs);
  cleanup.defer(() => moto.stop());
  const checkout = cleanup.use(await checkOut({ parameters: SETS.default ?? {} }));
  await checkout.serverless('package');
  const packaged = join(checkout.root, '.serverless');
  const text = await readFile(join(packaged, 'standalone.json'), 'utf8');
  const template = JSON.parse(text) as Template & { Parameters: { CodePrefix: { Default: string } } };

  const options = { endpoint: moto.url, region: REGION, credentials: CREDENTIALS };
  const s3 = cleanup.adopt(new S3Client({ ...options, forcePathStyle: true }), (client) => client.destroy());
  const cloudFormation = cleanup.adopt(new CloudFormationClient(options), (client) => client.destroy());
  const lambda = cleanup.adopt(new LambdaClient(options), (client) => client.destroy());
  const Bucket = 'acme-code';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body: Buffer | string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  for (const name of (await readdir(packaged)).filter((one) => one.endsWith('.zip')))
    await put(`${template.Parameters.CodePrefix.Default}/${name}`, await readFile(join(packaged, name)));
  await put('standalone.json', text);
  const StackName = 'gitferry-production';
  // As `aws cloudformation deploy` does it.
  const change = { StackName, ChangeSetName: 'begin' };
  await cloudFormation.send(
    new CreateChangeSetCommand({
      ...change,
      ChangeSetType: 'CREATE',
      TemplateURL: `https://s3.amazonaws.com/${Bucket}/standalone.json`,
      Capabilities: ['CAPABILITY_NAMED_IAM'],
      Parameters: [{ ParameterKey: 'CodeBucket', ParameterValue: Bucket }],
    }),
  );
  await cloudFormation.send(new ExecuteChangeSetCommand(change));
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  assert.equal(Stacks[0]?.StackStatus, 'CREATE_COMPLETE');
  const pages = await Array.fromAsync(paginateListFunctions({ client: lambda }, {}));
  const deployed = pages.flatMap(({ Functions = [] }) => Functions);
  assert.deepEqual(
    deployed.map(({ FunctionName }) => FunctionName).sort(),
    ofType(template, 'AWS::Lambda::Function')
      .map(([, { Properties }]) => Properties.FunctionName)
      .sort(),
  );
  // Where the code was not found, moto makes a function all the same, and an empty one.
  for (const { FunctionName, CodeSize = 0 } of deployed) assert.ok(CodeSize > 10_000, FunctionName);
});
