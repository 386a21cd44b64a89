import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Definitions, readDefinitions } from '../../infra/local/definitions.ts';
import { compilePattern } from '../../infra/local/pattern.ts';
import { eventText, eventWith } from '../change/fixture.ts';

const ROOT = join(import.meta.dirname, '../..');
const variables = { stage: 'test', parameters: { repository: 'https://git.example.org/main.git', bucket: 'releases' } };

const read = (root: string): Promise<Definitions> => readDefinitions(root, variables, (name) => `queue:${name}`);

describe('the deployed definitions', () => {
  it('give mirror its queue as the product says', async () => {
    const { functions, queues } = await read(ROOT);
    const mirror = functions.find(({ name }) => name === 'mirror');
    const [source] = mirror?.queues ?? [];
    assert.deepEqual(source, {
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:gitferry-test-changes',
      batchSize: 10,
      reportsFailures: true,
      concurrency: 2,
    });
    const changes = queues.find(({ arn }) => arn === source?.queueArn);
    const redrive = JSON.parse(changes?.attributes.RedrivePolicy ?? '{}');
    assert.equal(redrive.maxReceiveCount, 5);
    assert.ok(queues.some(({ arn }) => arn === redrive.deadLetterTargetArn));
    assert.ok(Number(changes?.attributes.VisibilityTimeout) >= 6 * (mirror?.timeout ?? Number.NaN));
  });

  it('give every function its environment, only mirror the key that may write, and receive none', async () => {
    const { functions } = await read(ROOT);
    for (const { name, environment } of functions) {
      assert.equal(environment.GITFERRY_DEPLOYMENT, 'test');
      const working = ['mirror', 'nudge', 'verify', 'sweep'].includes(name);
      assert.equal(environment.GITFERRY_REPOSITORY, working ? 'https://git.example.org/main.git' : undefined);
      assert.equal(environment.GITFERRY_BUS, working ? 'gitferry-test' : undefined);
      const asking = ['mirror', 'verify', 'sweep'].includes(name);
      assert.equal(environment.GITFERRY_CHANGES_QUEUE, asking ? 'queue:gitferry-test-changes' : undefined);
      assert.equal(environment.GITFERRY_CHANGES_QUEUES, name === 'receive' ? 'queue:gitferry-test-changes' : undefined);
      const reading = 'gitferry/test/git-read';
      const secrets = { mirror: 'gitferry/test/git', verify: reading, sweep: reading }[name];
      assert.equal(environment.GITFERRY_GIT_SECRET, secrets);
      const webhooks = name === 'receive' ? 'gitferry/test/webhooks' : undefined;
      assert.equal(environment.GITFERRY_WEBHOOK_SECRET, webhooks);
    }
  });

  it('name the functions in the order in which an event meets them, and give only receive an address', async () => {
    const { functions } = await read(ROOT);
    assert.deepEqual(
      functions.map(({ name, url }) => [name, url]),
      [
        ['receive', true],
        ['mirror', false],
        ['nudge', false],
        ['verify', false],
        ['notify', false],
        ['sweep', false],
      ],
    );
  });

  it('lead what landed to nudge and verify, and what people are told to notify', async () => {
    const { rules, functions, queues } = await read(ROOT);
    const readers = functions.flatMap(({ name, queues: read }) =>
      read.map(({ queueArn }) => [queueArn, name] as const),
    );
    const names = new Map([...functions.map(({ arn, name }) => [arn, name] as const), ...readers]);
    const toldOf = (type: string, deployment = 'test'): (string | undefined)[] =>
      rules
        .filter(({ bus }) => bus === 'gitferry-test')
        .filter(({ pattern }) =>
          compilePattern(pattern)({ source: 'gitferry', 'detail-type': type, detail: { deployment } }),
        )
        .flatMap(({ targets }) => targets.map((target) => names.get(target)))
        .sort();
    assert.deepEqual(toldOf('Landed'), ['notify', 'nudge', 'verify']);
    assert.deepEqual(toldOf('Landed', 'test-data'), []);
    assert.deepEqual(toldOf('SweepContinues'), ['sweep']);
    assert.ok(!toldOf('Converge').includes('notify'));
    for (const type of ['Verdict', 'Rejected', 'Waiting', 'TakenBack', 'Stalled', 'Drift', 'NudgeFailed'])
      assert.deepEqual(toldOf(type), ['notify'], type);
    // Each queue hides a message for six times as long as the function that reads it may take, and gives up on it in the end.
    for (const { name, timeout, queues: sources } of functions)
      for (const { queueArn, reportsFailures } of sources) {
        const queue = queues.find(({ arn }) => arn === queueArn);
        assert.equal(Number(queue?.attributes.VisibilityTimeout), 6 * timeout, name);
        assert.equal(queue?.attributes.MessageRetentionPeriod, '1209600');
        assert.ok(reportsFailures, name);
        const { deadLetterTargetArn } = JSON.parse(queue?.attributes.RedrivePolicy ?? '{}');
        assert.ok(queues.some(({ arn }) => arn === deadLetterTargetArn));
      }
  });

  it('keep small state in one table, by its key alone', async () => {
    const { tables, functions } = await read(ROOT);
    assert.deepEqual(tables, [
      {
        TableName: 'gitferry-test',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      },
    ]);
    const users = functions.filter(({ environment }) => environment.GITFERRY_TABLE === 'gitferry-test');
    assert.deepEqual(
      users.map(({ name }) => name),
      ['verify', 'notify', 'sweep'],
    );
  });

  it('lead from ECR to the changes what brings a tag there, and nothing else', async () => {
    const { rules } = await read(ROOT);
    const targetsOf = (event: unknown): readonly string[] =>
      rules
        .filter(({ bus, pattern }) => bus === 'default' && compilePattern(pattern)(event))
        .flatMap((rule) => rule.targets);
    const changes = ['arn:aws:sqs:us-east-1:000000000000:gitferry-test-changes'];
    assert.deepEqual(targetsOf(JSON.parse(eventText('ecr-image-pushed'))), changes);
    assert.deepEqual(targetsOf(JSON.parse(eventText('ecr-image-replicated'))), changes);
    assert.deepEqual(targetsOf(JSON.parse(eventText('ecr-image-deleted'))), []);
    assert.deepEqual(targetsOf(JSON.parse(eventText('ecr-image-archived'))), []);
    assert.deepEqual(targetsOf(JSON.parse(eventWith('ecr-image-pushed', 'SUCCESS', 'FAILURE'))), []);
  });
});

describe('definitions that the embedded run cannot carry out', () => {
  const changes: readonly (readonly [file: string, from: string, to: string, words: RegExp])[] = [
    ['infra/resources/bus.yml', 'AWS::Events::EventBus', 'AWS::SNS::Topic', /Bus, AWS::SNS::Topic/u],
    ['infra/resources/changes.yml', '!GetAtt ChangesQueue.Arn\n\n', '!GetAtt ChangesQueue.QueueName\n\n', /QueueName/u],
    ['infra/resources/changes.yml', 'RedrivePolicy:', 'DelaySeconds: 9\n      RedrivePolicy:', /DelaySeconds/u],
    [
      'infra/functions/mirror.yml',
      'functionResponseType:',
      'maximumBatchingWindow: 5\n      functionResponseType:',
      /maximumBatchingWindow/u,
    ],
    ['infra/resources/state.yml', 'Enabled: true', 'Enabled: false', /Enabled/u],
    ['infra/functions/sweep.yml', 'rate(15 minutes)', 'cron(0 3 * * ? *)', /cron\(0 3/u],
    ['infra/functions/receive.yml', 'url: true', 'url: { authorizer: aws_iam }', /"url"/u],
    ['serverless.yml', 'stage: production', `stage: \${env:STAGE}`, /env:STAGE/u],
  ];
  for (const [file, from, to, words] of changes)
    it(`are refused: ${to.trim().split('\n').at(-1)?.trim()}`, async () => {
      const root = await mkdtemp(join(tmpdir(), 'gitferry-definitions-'));
      try {
        for (const part of ['serverless.yml', 'infra'])
          await cp(join(ROOT, part), join(root, part), { recursive: true });
        await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
        const text = await readFile(join(root, file), 'utf8');
        assert.ok(text.includes(from));
        await writeFile(join(root, file), text.replace(from, to));
        await assert.rejects(read(root), words);
      } finally {
        await rm(root, { recursive: true });
      }
    });
});
