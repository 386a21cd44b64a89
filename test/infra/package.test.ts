import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { fromBuffer } from 'yauzl';
import { type Definitions, readDefinitions } from '../../infra/local/definitions.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}
interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

let root: string;
let resources: Readonly<Record<string, Resource>>;

const serverless = (...args: string[]) => execute(join(ROOT, 'node_modules/.bin/serverless'), args, { cwd: root });

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gitferry-package-'));
  for (const part of [
    'serverless.yml',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'infra',
    'functions',
    'shared',
  ])
    await cp(join(ROOT, part), join(root, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  await serverless('package');
  const template = await readFile(join(root, '.serverless/cloudformation-template-update-stack.json'), 'utf8');
  resources = JSON.parse(template).Resources;
});
after(() => rm(root, { recursive: true }));

const ofType = (type: string): [string, Resource][] =>
  Object.entries(resources).filter(([, { Type }]) => Type === type);

/** The names of the files in a zip. */
function namesIn(zip: Buffer): Promise<string[]> {
  return new Promise((done, fail) => {
    fromBuffer(zip, (error, archive) => {
      if (error) return fail(error);
      const names: string[] = [];
      archive.on('entry', ({ fileName }) => names.push(fileName)).on('end', () => done(names));
    });
  });
}

describe('serverless package, without any parameter', () => {
  it('makes one bundle a function', async () => {
    const functions = (await readdir(join(ROOT, 'functions'))).sort();
    const zips = (await readdir(join(root, '.serverless'))).filter((name) => name.endsWith('.zip')).sort();
    assert.deepEqual(
      zips,
      functions.map((name) => `${name}.zip`),
    );
    for (const name of functions) {
      const files = await namesIn(await readFile(join(root, '.serverless', `${name}.zip`)));
      assert.deepEqual(files.sort(), [`functions/${name}/handler.js`, `functions/${name}/handler.js.map`]);
    }
  });

  it('gives every function a role of its own, with nothing on everything', () => {
    const functions = ofType('AWS::Lambda::Function');
    const roles = functions.map(
      ([, { Properties }]) => (Properties.Role as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0],
    );
    assert.equal(new Set(roles).size, functions.length);
    assert.deepEqual(
      ofType('AWS::IAM::Role')
        .map(([id]) => id)
        .sort(),
      roles.sort(),
    );
    for (const statement of ofType('AWS::IAM::Role').flatMap(([, role]) => statementsOf(role))) {
      assert.ok(![statement.Action].flat().some((action) => action.includes('*')), JSON.stringify(statement));
      assert.notEqual(statement.Resource, '*');
    }
  });

  it('lets only mirror write to the bucket, and only beside the uploads; lets only mirror read the key that may write', () => {
    for (const [id, role] of ofType('AWS::IAM::Role')) {
      const writing = statementsOf(role).filter(({ Action }) =>
        [Action].flat().some((one) => /^s3:(?:Put|Delete)/u.test(one)),
      );
      const secrets = JSON.stringify(
        statementsOf(role).filter(({ Action }) => [Action].flat().includes('secretsmanager:GetSecretValue')),
      );
      if (id.startsWith('Mirror'))
        assert.match(JSON.stringify(writing.map(({ Resource }) => Resource)), /\/gitferry-rejected\/\*"/u);
      else assert.deepEqual(writing, []);
      assert.equal(/\/git-\?/u.test(secrets), id.startsWith('Mirror'), secrets);
    }
  });

  it('lets anyone call receive, and lets that only send changes and read the secrets of webhooks', () => {
    const [[, url], ...others] = ofType('AWS::Lambda::Url') as [[string, Resource]];
    assert.deepEqual(others, []);
    assert.equal(url.Properties.AuthType, 'NONE');
    assert.match(JSON.stringify(url.Properties.TargetFunctionArn), /ReceiveLambdaFunction/u);
    // Both are needed for addresses that are made since October 2025.
    const open = ofType('AWS::Lambda::Permission').filter(([, { Properties }]) => Properties.Principal === '*');
    assert.deepEqual(
      open.map(([, { Properties }]) => [
        Properties.Action,
        Properties.FunctionUrlAuthType,
        Properties.InvokedViaFunctionUrl,
      ]),
      [
        ['lambda:InvokeFunctionUrl', 'NONE', undefined],
        ['lambda:InvokeFunction', undefined, true],
      ],
    );

    const [, role] = ofType('AWS::IAM::Role').find(([id]) => id.startsWith('Receive')) ?? [];
    assert.ok(role);
    const own = statementsOf(role).filter(
      ({ Action }) => ![Action].flat().some((action) => action.startsWith('logs:')),
    );
    assert.deepEqual(own.flatMap(({ Action }) => Action).sort(), ['secretsmanager:GetSecretValue', 'sqs:SendMessage']);
    const text = JSON.stringify(own);
    assert.match(text, /"Fn::GetAtt":\["ChangesQueue","Arn"\]/u);
    assert.match(text, /:secret:gitferry\/production\/webhooks-\?{6}/u);
    for (const [id, other] of ofType('AWS::IAM::Role'))
      assert.equal(JSON.stringify(statementsOf(other)).includes('/webhooks-'), id.startsWith('Receive'), id);
  });

  it('lets the rules of the bus send to the changes queue, and no other', () => {
    const [[, policy]] = ofType('AWS::SQS::QueuePolicy') as [[string, Resource]];
    const { Statement } = policy.Properties.PolicyDocument as { Statement: Record<string, unknown>[] };
    const [allowed, ...others] = Statement.filter(({ Effect }) => Effect === 'Allow');
    assert.deepEqual(others, []);
    const rules = ofType('AWS::Events::Rule').filter(([, { Properties }]) =>
      JSON.stringify(Properties.Targets).includes('ChangesQueue'),
    );
    assert.deepEqual(allowed?.Condition, {
      ArnEquals: { 'aws:SourceArn': rules.map(([id]) => ({ 'Fn::GetAtt': [id, 'Arn'] })) },
    });
    assert.equal(rules.length, 2);
  });

  it('deploys what the embedded run reads', async () => {
    const variables = { stage: 'production', parameters: {} };
    const read: Definitions = await readDefinitions(root, variables, (name) => name);
    const patterns = ofType('AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.EventPattern ?? []);
    const asText = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();
    assert.deepEqual(asText(read.rules.map(({ pattern }) => pattern)), asText(patterns));
    const [[, mapping] = []] = ofType('AWS::Lambda::EventSourceMapping');
    const [source] = read.functions.flatMap(({ queues }) => queues);
    assert.equal(mapping?.Properties.BatchSize, source?.batchSize);
    assert.deepEqual(mapping?.Properties.ScalingConfig, { MaximumConcurrency: source?.concurrency });
    assert.deepEqual(mapping?.Properties.FunctionResponseTypes, ['ReportBatchItemFailures']);
    for (const { name, timeout } of read.functions) {
      const [, deployed] = ofType('AWS::Lambda::Function').find(([id]) => id.toLowerCase().startsWith(name)) ?? [];
      assert.equal(deployed?.Properties.Timeout, timeout);
    }
  });
});

describe('serverless deploy', () => {
  it('says which parameters it needs', async () => {
    await assert.rejects(serverless('deploy'), (error: { stdout: string; stderr: string }) => {
      assert.match(
        error.stdout + error.stderr,
        /can't be deployed without repository .* and bucket .*--param="repository=/u,
      );
      return true;
    });
  });
});

function statementsOf(role: Resource): readonly Statement[] {
  const policies = role.Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
