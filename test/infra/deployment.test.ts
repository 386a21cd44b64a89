import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

interface Definition {
  readonly name?: string;
  readonly iamRoleStatementsName?: string;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly iamRoleStatements: readonly { readonly Action: string | string[]; readonly Resource: unknown }[];
  readonly reservedConcurrency?: number;
  readonly vpc?: unknown;
}
interface Told {
  readonly first: Readonly<Record<string, string>>;
  readonly further: readonly Readonly<Record<string, string>>[];
  readonly faults: readonly string[];
  readonly missing: readonly string[];
}
type Serverless = { readonly options: { stage: string; param?: readonly string[]; paramFile: string | null } };
type Parts<T> = Readonly<Record<string, (serverless: Serverless) => Promise<T>>>;

const require = createRequire(import.meta.url);
const { functions, resources } = require('../../infra/deployment.cjs') as {
  functions: Parts<Readonly<Record<string, Definition>>>;
  resources: Parts<{ Resources: Readonly<Record<string, { Type: string; Properties: Record<string, unknown> }>> }>;
};
const { readParameters } = require('../../infra/deployment/parameters.cjs') as {
  readParameters: (about: { stage: string; given: readonly string[]; file: string | null }) => Told;
};

const options = (param: Readonly<Record<string, string>> = {}): Serverless => ({
  options: { stage: 'prod', param: Object.entries(param).map(([key, value]) => `${key}=${value}`), paramFile: null },
});

/** What a function may do on what, a line each, as short as tells them apart. */
async function rightsOf(name: string, param: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { [name]: definition } = (await functions[name]?.(options(param))) ?? {};
  return (definition?.iamRoleStatements ?? []).flatMap(({ Action, Resource }) =>
    [Resource].flat().map((on) => `${[Action].flat().join(' ')} ${JSON.stringify(on)}`),
  );
}

async function told(text: string | null, given: readonly string[] = []): Promise<Told> {
  return withFile(text ?? '', async (file) => readParameters({ stage: 'prod', given, file }));
}

async function withFile<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-parameters-'));
  try {
    await writeFile(join(folder, 'params.yml'), text);
    return await use(join(folder, 'params.yml'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('what a deployment is told', () => {
  it('is what --param says, else what the file says of the stage, else of all stages, else the default', async () => {
    const text =
      'default: {bucket: all, branch: all, git-secret: all}\nprod: {bucket: stage, branch: stage}\ntest: {bucket: no}';
    const { first, faults, missing } = await told(text, ['bucket=given', 'repository=https://git.example.org/a=b']);
    assert.deepEqual([first.bucket, first.branch, first['git-secret']], ['given', 'stage', 'all']);
    assert.equal(first['git-read-secret'], 'gitferry/prod/git-read');
    assert.equal(first.repository, 'https://git.example.org/a=b');
    assert.deepEqual([faults, missing], [[], []]);
  });

  it('lacks the repository and the bucket when it is told nothing', async () => {
    const { faults, missing } = await told(null);
    assert.deepEqual([faults, missing], [[], ['repository', 'bucket']]);
    const without = ['repository=https://git.example.org/a', 'bucket=drops', 'git-secret=', 'webhook-secret='];
    assert.deepEqual((await told(null, without)).missing, ['git-secret', 'webhook-secret']);
  });

  it('does not lack what it is told wrongly', async () => {
    const { faults, missing } = await told(null, ['repository=http:x', 'bucket=A_B']);
    assert.deepEqual([faults.length, missing], [2, []]);
  });

  it('has buckets that S3 takes', async () => {
    for (const name of ['a..b', '10.0.0.1', 'xn--a', 'acme-s3alias', 'Acme', 'ab', 'acme-', 'a'.repeat(64)])
      for (const bucket of ['bucket', 'ledger-bucket'])
        assert.equal((await told(null, [`${bucket}=${name}`])).faults.length, 1, `${bucket}=${name}`);
    for (const name of ['acme.releases', '10.0.0.1.acme', 'a1b', 'a'.repeat(63)])
      assert.deepEqual((await told(null, [`bucket=${name}`])).faults, [], name);
  });

  it('has every fault at once, without a value', async () => {
    const { faults } = await told(
      'prod: {bucket: "A B", Create_Bucket: no, clusters: "prod,eks:a", kms-key: {a: 1}, repositories: [{name: "x y"}, {name: data}, {name: data}]}',
      ['repository=https://token@github.com/acme/fleet', 'nonsense', 'x=1'],
    );
    const text = faults.join('\n');
    for (const words of [
      /^bucket is not written as it should be: where CI drops/mu,
      /^Create_Bucket is no parameter\. Did you mean create-bucket\?$/mu,
      /^x is no parameter\. docs/mu,
      /^clusters is not written as it should be: the clusters/mu,
      /^kms-key must be a text/mu,
      /^--param takes name=value/mu,
      /^repository is not written as it should be: the main repository, https, without credentials, such as/mu,
      /^repositories\[0\]\.name must/mu,
      /^repositories\[2\]\.name is there twice/mu,
      /^repositories\[0\]\.repository is missing/mu,
    ])
      assert.match(text, words);
    assert.doesNotMatch(text, /token@|A B/u);
  });

  it('has names that roles can be named after', async () => {
    const file = `${'s'.repeat(17)}: {repositories: [{name: ${'d'.repeat(16)}, repository: "https://git.example.org/a"}]}`;
    const of = (stage: string) =>
      withFile(file, async (path) => readParameters({ stage, given: [], file: path }).faults.join());
    assert.match(await of('s'.repeat(17)), /^repositories\[0\]\.name must be shorter/u);
    assert.match(await of('s'.repeat(21)), /^The stage's name must have 20 characters at most/u);
    assert.equal(await of('s'.repeat(20)), '');
  });

  for (const text of ['[1]', 'prod: 3', 'a: {', 'prod: {repositories: 7}', 'prod: {repositories: [null]}'])
    it(`may not be ${text}`, async () => {
      const { faults, first } = await told(text);
      assert.equal(faults.length, 1, faults.join());
      assert.equal(first.branch, 'main');
    });

  for (const entry of [
    'prod',
    'eks:',
    'eks:*',
    'eks:a/b',
    'eks:a@',
    'secret:',
    'secret:*',
    'secret:a b',
    'eks:a,,eks:b',
  ])
    it(`has no cluster ${entry}`, async () => {
      const { faults } = await told(null, [`clusters=${entry}`]);
      assert.equal(faults.length, 1);
    });
});

describe('what the roles may touch', () => {
  const clusters = 'eks:prod, eks:other-1@eu-west-1,secret:gitferry/kube@2';

  it('of clusters is what is named, each in its region, and for each function its own secret', async () => {
    const nudge = await rightsOf('nudge', { clusters });
    const verify = await rightsOf('verify', { clusters });
    for (const rights of [nudge, verify]) {
      assert.ok(rights.some((one) => /:eks:\$\{AWS::Region\}:\$\{AWS::AccountId\}:cluster\/prod"/u.test(one)));
      assert.ok(rights.some((one) => /:eks:eu-west-1:\$\{AWS::AccountId\}:cluster\/other-1"/u.test(one)));
    }
    assert.match(nudge.join('\n'), /secret:gitferry\/kube@2\/nudge-\?{6}"/u);
    assert.doesNotMatch(nudge.join('\n'), /kube@2\/verify/u);
    assert.match(verify.join('\n'), /secret:gitferry\/kube@2\/verify-\?{6}"/u);
  });

  it('says nothing of what is not there', async () => {
    for (const name of Object.keys(functions)) {
      const rights = (await rightsOf(name, {})).join('\n');
      assert.doesNotMatch(rights, /eks:|sns:|kms:|ec2:|xray:|:secret:-/u, name);
    }
  });

  it('has the keys of what was encrypted before, also where all else is encrypted by AWS', async () => {
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/1';
    for (const name of Object.keys(functions)) {
      const rights = await rightsOf(name, { 'decrypt-keys': key, 'ledger-bucket': 'copies' });
      const written = name === 'mirror' ? [`kms:GenerateDataKey "${key}"`] : [];
      assert.deepEqual(
        rights.filter((one) => one.startsWith('kms:')),
        [`kms:Decrypt "${key}"`, ...written],
        name,
      );
    }
  });

  it('has keys, networks and traces where these are named', async () => {
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/1';
    const keys = { 'kms-key': key, 'decrypt-keys': `${key}2` };
    const param = { ...keys, 'vpc-subnets': 'subnet-1', tracing: 'active', 'ledger-bucket': 'copies' };
    for (const name of Object.keys(functions)) {
      const rights = await rightsOf(name, param);
      assert.ok(rights.includes(`kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey "${key}"`), name);
      assert.ok(rights.includes(`kms:Decrypt "${key}2"`), name);
      assert.ok(
        rights.some((one) => one.startsWith('xray:')),
        name,
      );
      const networked = ['nudge', 'verify', 'sweep'].includes(name);
      assert.equal(
        rights.some((one) => one.startsWith('ec2:')),
        networked,
        name,
      );
      assert.equal((await functions[name]?.(options(param)))?.[name]?.vpc !== undefined, networked, name);
    }
  });
});

describe('a deployment without webhooks', () => {
  const closed = options({ webhooks: 'false' });

  it('has no receive, and nothing that watches it', async () => {
    assert.deepEqual(await functions.receive?.(closed), {});
    assert.deepEqual(await resources['receive-alarms']?.(closed), { Resources: {} });
    const { Resources } = (await resources.dashboard?.(closed)) ?? assert.fail();
    assert.ok(!/receive\b|webhook/iu.test(JSON.stringify(Resources)));
    const open = (await resources.dashboard?.(options())) ?? assert.fail();
    assert.ok(/prod-receive\b.*WebhooksRefused/u.test(JSON.stringify(open.Resources)));
  });
});

describe('a deployment of several main repositories', () => {
  const FILE = `prod:
  repository: https://git.example.org/fleet
  bucket: drops
  clusters: eks:prod
  repositories:
    - { name: data, repository: https://git.example.org/data, bucket: data-drops }
    - { name: site, repository: https://git.example.org/site, branch: live, clusters: "", git-secret: site/git }
`;
  const several = <T>(ask: (serverless: Serverless) => Promise<T>): Promise<T> =>
    withFile(FILE, (paramFile) => ask({ options: { stage: 'prod', paramFile } }));

  it('has a queue and functions for each, of which each reads its own secrets and takes its own events', async () => {
    const made = await several(functions.mirror ?? assert.fail());
    assert.deepEqual(Object.keys(made), ['mirror', 'mirrorData', 'mirrorSite']);
    const { mirrorData, mirrorSite } = made;
    assert.equal(mirrorData?.name, 'gitferry-prod-data-mirror');
    assert.equal(mirrorData.environment.GITFERRY_REPOSITORY, 'https://git.example.org/data');
    assert.equal(mirrorData.environment.GITFERRY_DEPLOYMENT, 'prod-data');
    assert.deepEqual(mirrorData.environment.GITFERRY_CHANGES_QUEUE, { Ref: 'ChangesQueueData' });
    const text = JSON.stringify(mirrorData);
    assert.match(text, /:secret:gitferry\/prod\/data\/git-\?{6}/u);
    assert.doesNotMatch(text, /prod\/git-\?|"ChangesQueue"|:::drops/u);
    assert.match(JSON.stringify(mirrorSite), /:secret:site\/git-\?{6}.*"GITFERRY_BRANCH":"live"|"live".*site\/git-/u);
    const { nudgeSite, nudgeData } = await several(functions.nudge ?? assert.fail());
    assert.equal(nudgeSite?.environment.GITFERRY_CLUSTERS, '');
    assert.equal(nudgeData?.environment.GITFERRY_CLUSTERS, 'eks:prod');
  });

  it('has one bucket a name, and one receive that tells every repository', async () => {
    const { Resources } = await several(resources.bucket ?? assert.fail());
    assert.deepEqual(Object.keys(Resources), ['Bucket', 'BucketPolicy', 'BucketData', 'BucketPolicyData']);
    const made = await several(functions.receive ?? assert.fail());
    assert.deepEqual(Object.keys(made), ['receive']);
    const queues = ['ChangesQueue', 'ChangesQueueData', 'ChangesQueueSite'].map((Ref) => ({ Ref }));
    assert.deepEqual(made.receive?.environment.GITFERRY_CHANGES_QUEUES, { 'Fn::Join': [' ', queues] });
  });

  it('has the same resources for each, under other names, and speaks of no other repository in them', async () => {
    for (const name of ['changes', 'looks', 'notices', 'state']) {
      const { Resources } = await several(resources[name] ?? assert.fail());
      const ids = Object.keys(Resources);
      const plain = ids.filter((id) => !/(?:Data|Site)$/u.test(id));
      assert.deepEqual(ids.toSorted(), ['', 'Data', 'Site'].flatMap((end) => plain.map((id) => id + end)).sort());
      for (const [id, { Properties }] of Object.entries(Resources)) {
        const [, end = ''] = /(Data|Site)$/u.exec(id) ?? [];
        const named = JSON.stringify(Properties).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/gu);
        for (const [, other = ''] of named)
          if (!['Bus', 'AWS'].includes(other))
            assert.ok(other.endsWith(end) && (end !== '' || plain.includes(other)), `${id}: ${other}`);
      }
    }
  });
});
