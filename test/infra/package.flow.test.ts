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

/** Packages in files of their own: to sign by OpenPGP, for large objects, patterns of tags, public registries, archives. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  mirror: ['openpgp', 'pako', 're2js', 'request-filtering-agent', 'tar-stream', 'yauzl'],
  sweep: ['pako', 're2js', 'request-filtering-agent'],
  verify: ['pako'],
  archive: ['pako'],
};

let root: string;
let resources: Readonly<Record<string, Resource>>;

/** Whatever AWS is set up here, it is not that of the tests: there are no profiles, and no region unless one is told. */
const serverless = (args: readonly string[], told: Readonly<Record<string, string>> = {}) => {
  const { AWS_REGION: _, AWS_DEFAULT_REGION: __, AWS_PROFILE: ___, ...others } = process.env;
  const env = { ...others, AWS_CONFIG_FILE: join(root, 'aws-config'), ...told };
  return execute(join(ROOT, 'node_modules/.bin/serverless'), args, { cwd: root, env });
};

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
  await serverless(['package']);
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
    // Without a bucket for it the ledger is not copied.
    const functions = (await readdir(join(ROOT, 'functions'))).filter((name) => name !== 'archive').sort();
    const zips = (await readdir(join(root, '.serverless'))).filter((name) => name.endsWith('.zip')).sort();
    assert.deepEqual(
      zips,
      functions.map((name) => `${name}.zip`),
    );
    for (const name of functions) {
      const files = await namesIn(await readFile(join(root, '.serverless', `${name}.zip`)));
      const beside = (BESIDE[name] ?? []).map((one) => `${one}.cjs`);
      const expected = ['js', 'js.map', ...beside].map((end) => `functions/${name}/handler.${end}`);
      assert.deepEqual(files.sort(), expected);
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

  it('lets anyone call receive, and lets that only send changes and looks, and read the secrets of webhooks', () => {
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
    const own = ownStatements(role);
    assert.deepEqual(own.flatMap(({ Action }) => Action).sort(), ['secretsmanager:GetSecretValue', 'sqs:SendMessage']);
    const text = JSON.stringify(own);
    assert.match(text, /\[\{"Fn::GetAtt":\["ChangesQueue","Arn"\]\},\{"Fn::GetAtt":\["LooksQueue","Arn"\]\}\]/u);
    assert.match(text, /:secret:gitferry\/production\/webhooks-\?{6}/u);
    for (const [id, other] of ofType('AWS::IAM::Role'))
      assert.equal(JSON.stringify(statementsOf(other)).includes('/webhooks-'), id.startsWith('Receive'), id);
  });

  it('lets those after a landing do what they are for, and no more', () => {
    const actionsOf = (name: string): string[] => {
      const [, role] = ofType('AWS::IAM::Role').find(([id]) => id.startsWith(name)) ?? [];
      assert.ok(role, name);
      return ownStatements(role)
        .flatMap(({ Action, Resource }) =>
          [Action]
            .flat()
            .map((action) =>
              `${action} ${namesOf(Resource).join(' ')}`.replace('secretsmanager:GetSecretValue', 'secret'),
            ),
        )
        .sort();
    };
    assert.deepEqual(actionsOf('Nudge'), ['events:PutEvents Bus', 'sqs:SendMessage NudgeDeadLetterQueue']);
    const queue = ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'];
    assert.deepEqual(actionsOf('Verify'), [
      'dynamodb:GetItem StateTable',
      'dynamodb:PutItem StateTable',
      'secret gitferry/production/git-read-??????',
      ...queue.map((action) => `sqs:${action} LooksQueue`),
      'sqs:SendMessage ChangesQueue LooksQueue',
    ]);
    assert.deepEqual(actionsOf('Notify'), [
      'dynamodb:GetItem StateTable',
      'dynamodb:PutItem StateTable',
      'sqs:ChangeMessageVisibility NoticesQueue',
      ...queue.map((action) => `sqs:${action} NoticesQueue`),
    ]);
  });

  it('lets the rules of the bus send to the queues that they lead to, and no other, and only by TLS', () => {
    const policies = ofType('AWS::SQS::QueuePolicy');
    const guarded = policies.map(([, { Properties }]) =>
      (Properties.Queues as { Ref: string }[]).map(({ Ref }) => Ref),
    );
    assert.deepEqual(
      guarded.flat().sort(),
      ofType('AWS::SQS::Queue')
        .map(([id]) => id)
        .sort(),
    );
    for (const [, { Properties }] of policies) {
      const [{ Ref: queue } = { Ref: '' }] = Properties.Queues as { Ref: string }[];
      const { Statement } = Properties.PolicyDocument as { Statement: Record<string, unknown>[] };
      const Resource = { 'Fn::GetAtt': [queue, 'Arn'] };
      const denied = Statement.find(({ Effect }) => Effect === 'Deny');
      assert.deepEqual(denied?.Condition, { Bool: { 'aws:SecureTransport': 'false' } });
      assert.deepEqual([denied?.Action, denied?.Principal, denied?.Resource], ['sqs:*', '*', Resource]);
      const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
      const rules = ofType('AWS::Events::Rule').filter(([, rule]) =>
        JSON.stringify(rule.Properties.Targets).includes(`"${queue}"`),
      );
      const many = queue === 'ChangesQueue' ? 3 : 1;
      assert.equal(rules.length, queue.includes('DeadLetter') ? 0 : many);
      assert.deepEqual(
        allowed.map(({ Action, Resource: on, Condition }) => ({ Action, Resource: on, Condition })),
        rules.length === 0
          ? []
          : [
              {
                Action: 'sqs:SendMessage',
                Resource,
                Condition: {
                  ArnEquals: { 'aws:SourceArn': rules.map(([id]) => ({ 'Fn::GetAtt': [id, 'Arn'] })) },
                  StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
                },
              },
            ],
      );
    }
  });

  it('keeps every queue encrypted, and forgets small state by itself', () => {
    for (const [id, { Properties }] of ofType('AWS::SQS::Queue'))
      assert.equal(Properties.SqsManagedSseEnabled, true, id);
    const [[, table], ...more] = ofType('AWS::DynamoDB::Table') as [[string, Resource]];
    assert.deepEqual(more, []);
    assert.deepEqual(table.Properties.TimeToLiveSpecification, { AttributeName: 'expires', Enabled: true });
  });

  it('deploys what the embedded run reads', async () => {
    const variables = { stage: 'production', parameters: {} };
    const read: Definitions = await readDefinitions(root, variables, (name) => name);
    const patterns = ofType('AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.EventPattern ?? []);
    const asText = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();
    assert.deepEqual(asText(read.rules.map(({ pattern }) => pattern)), asText(patterns));
    const mappings = ofType('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties);
    const sources = read.functions.flatMap(({ queues }) => queues);
    assert.deepEqual(
      mappings.map(({ BatchSize, ScalingConfig }) => ({ BatchSize, ScalingConfig })),
      sources.map(({ batchSize, concurrency }) => ({
        BatchSize: batchSize,
        ScalingConfig: { MaximumConcurrency: concurrency },
      })),
    );
    for (const { FunctionResponseTypes } of mappings)
      assert.deepEqual(FunctionResponseTypes, ['ReportBatchItemFailures']);
    for (const { name, timeout } of read.functions) {
      const [, deployed] = ofType('AWS::Lambda::Function').find(([id]) => id.toLowerCase().startsWith(name)) ?? [];
      assert.equal(deployed?.Properties.Timeout, timeout);
    }
  });
});

describe('serverless deploy', () => {
  /** What it says when it refuses. */
  const refusal = async (args: readonly string[], told?: Readonly<Record<string, string>>): Promise<string> => {
    const failed = await serverless(args, told).then(
      () => assert.fail(`serverless ${args.join(' ')} went on.`),
      (error: { stdout: string; stderr: string }) => error,
    );
    return failed.stdout + failed.stderr;
  };

  it('says which parameters it needs, and that no region is known, at once', async () => {
    const said = await refusal(['deploy']);
    assert.match(said, /gitferry can't deploy like this:/u);
    assert.match(said, /- In which region of AWS\? Add --region/u);
    assert.match(said, /- A deployment needs repository .* and bucket .*--param="repository=/u);
  });

  it('goes where AWS’s own tools would go', async () => {
    const print = ['print', '--path', 'provider.region', '--format', 'text'];
    const { stdout } = await serverless(print, { AWS_DEFAULT_REGION: 'eu-west-3' });
    assert.equal(stdout.trim(), 'eu-west-3');
    assert.doesNotMatch(await refusal(['deploy', '--region', 'eu-west-1']), /In which region/u);
  });
});

/** What a function does beside its log. */
function ownStatements(role: Resource): readonly Statement[] {
  return statementsOf(role).filter(({ Action }) => ![Action].flat().some((action) => action.startsWith('logs:')));
}

/** Resources as short as tells them apart: the logical id, or the end of an ARN. */
function namesOf(resource: unknown): readonly string[] {
  return [resource].flat().map((one) => {
    const { 'Fn::GetAtt': [id] = [], 'Fn::Sub': text = '' } = one as { 'Fn::GetAtt'?: string[]; 'Fn::Sub'?: string };
    return id ?? text.replace(/^.*:/u, '');
  });
}

function statementsOf(role: Resource): readonly Statement[] {
  const policies = role.Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
