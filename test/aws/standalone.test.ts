import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
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
import { type Checkout, checkOut } from './checkout.ts';
import { startMoto } from './moto.ts';
import { awsParts } from './parts.ts';
import { SETS } from './sets.ts';
import { ofType, type Template } from './template.ts';

const execute = promisify(execFile);
const EXAMPLE = join(import.meta.dirname, '../../examples/cdk/app.ts');

type Standalone = Template & { readonly Parameters: { readonly CodePrefix: { readonly Default: string } } };

describe('standalone.json', () => {
  let checkout: Checkout;
  let packaged: string;
  let template: Standalone;
  before(async () => {
    checkout = await checkOut({ parameters: SETS.default ?? {} });
    await checkout.serverless('package');
    packaged = join(checkout.root, '.serverless');
    template = await read(join(packaged, 'standalone.json'));
  });
  after(() => checkout?.[Symbol.asyncDispose]());

  const read = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;

  it('is deployed without serverless, from a bucket of code', async () => {
    const logs = await mkdtemp(join(tmpdir(), 'gitferry-aws-'));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rm(logs, { recursive: true, force: true }));
    const moto = await startMoto(logs);
    cleanup.defer(() => moto.stop());
    const options = { endpoint: moto.url, region: REGION, credentials: CREDENTIALS };
    const s3 = cleanup.adopt(new S3Client({ ...options, forcePathStyle: true }), (client) => client.destroy());
    const cloudFormation = cleanup.adopt(new CloudFormationClient(options), (client) => client.destroy());
    const lambda = cleanup.adopt(new LambdaClient(options), (client) => client.destroy());
    const Bucket = 'acme-code';
    await s3.send(new CreateBucketCommand({ Bucket }));
    const put = (Key: string, Body: Buffer) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    for (const name of (await readdir(packaged)).filter((one) => one.endsWith('.zip')))
      await put(`${template.Parameters.CodePrefix.Default}/${name}`, await readFile(join(packaged, name)));
    await put('standalone.json', await readFile(join(packaged, 'standalone.json')));
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

  it('is taken in by the example of CDK, with the code of each function as an asset', async () => {
    const app = join(checkout.root, 'cdk');
    await mkdir(app);
    await cp(EXAMPLE, join(app, 'app.ts'));
    await writeFile(join(app, 'package.json'), '{"type": "module"}');
    await symlink((await awsParts()).cdk, join(app, 'node_modules'));
    const env = { ...process.env, GITFERRY_PACKAGE: packaged, CDK_OUTDIR: join(app, 'out') };
    await execute(process.execPath, ['app.ts'], { cwd: app, env });

    const out = (name: string): string => join(app, 'out', name);
    const made = await read<Template>(out('gitferry-production.template.json'));
    const { files } = await read<{ files: Readonly<Record<string, { source: { path: string } }>> }>(
      out('gitferry-production.assets.json'),
    );
    const assets: string[] = [];
    for (const [id, { Properties }] of ofType(made, 'AWS::Lambda::Function')) {
      const { S3Key } = Properties.Code as { S3Key: string };
      const source = files[S3Key.replace('.zip', '')]?.source.path ?? '';
      const name = id.charAt(0).toLowerCase() + id.slice(1).replace('LambdaFunction', '');
      assert.deepEqual(await readFile(out(source)), await readFile(join(packaged, `${name}.zip`)), id);
      assets.push(id);
    }
    assert.deepEqual(
      assets,
      ofType(template, 'AWS::Lambda::Function').map(([id]) => id),
    );
    assert.deepEqual(comparable(made), comparable(template));
  });
});

/** The resources without what CDK writes in its own way: their code, what it notes of them, and one dependency as a list. */
function comparable({ Resources }: Template): unknown {
  return Object.fromEntries(
    Object.entries(Resources).map(([id, { Metadata: _, DependsOn = [], Properties, ...rest }]: [string, Loose]) => {
      const { Code: __, ...properties } = Properties;
      return [id, { ...rest, DependsOn: [DependsOn].flat(), Properties: properties }];
    }),
  );
}

type Loose = Template['Resources'][string] & { readonly Metadata?: unknown; readonly DependsOn?: unknown };
