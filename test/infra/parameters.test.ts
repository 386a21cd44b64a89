import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';

interface Told {
  readonly first: Readonly<Record<string, string>>;
  readonly further: readonly Readonly<Record<string, string>>[];
  readonly faults: readonly string[];
}
type Resources = Readonly<Record<string, { readonly Type: string }>>;
type Make = (about: { options: { stage: string; paramFile: string } }) => Promise<{ Resources: Resources }>;

const require = createRequire(import.meta.url);
const { readParameters } = require('../../infra/deployment/parameters.cjs') as {
  readParameters: (about: { stage: string; given: readonly string[]; file: string }) => Told;
};
const { resources } = require('../../infra/deployment.cjs') as { resources: Readonly<Record<string, Make>> };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-parameters-'));
});
after(() => rm(folder, { recursive: true }));

async function told(text: string, { stage = 'prod', given = [] as readonly string[] } = {}): Promise<Told> {
  const file = join(folder, 'params.yml');
  await writeFile(file, text);
  return readParameters({ stage, given, file });
}

/** The faults of a stage with these further repositories, as lines. */
async function faultsOf(...further: readonly string[]): Promise<string> {
  const first = 'repository: https://git.example.org/fleet, bucket: drops';
  const { faults } = await told(`prod: {${first}, repositories: [${further.join(', ')}]}`);
  return faults.join('\n');
}

describe('main repositories of one deployment', () => {
  const data = 'name: data, repository: "https://git.example.org/data"';

  it('do not land in the same branch twice, however it is written', async () => {
    for (const same of ['fleet', 'fleet.git', 'fleet/', 'Fleet'])
      assert.match(
        await faultsOf(`{name: data, repository: "https://git.example.org/${same}"}`),
        /^repositories\[0\] lands in the same branch as the first: /u,
        same,
      );
    assert.match(
      await faultsOf(`{${data}}`, '{name: site, repository: "https://git.example.org/data"}'),
      /^repositories\[1\] lands in the same branch as data: /u,
    );
    assert.equal(await faultsOf('{name: data, repository: "https://git.example.org/fleet", branch: data}'), '');
  });

  it('make a bucket once', async () => {
    const { further, faults } = await told(
      `prod: {repository: "https://git.example.org/fleet", bucket: drops, repositories: [{${data}, bucket: drops}]}`,
    );
    assert.deepEqual([further[0]?.['create-bucket'], faults], ['false', []]);
    assert.equal(await faultsOf(`{${data}, bucket: }`), '');
    assert.match(
      await faultsOf(`{${data}, bucket: drops, create-bucket: true}`),
      /^repositories\[0\]\.create-bucket must be false: bucket drops is made for the first\.$/u,
    );
  });

  it('are not called as what else there is', async () => {
    assert.match(await faultsOf('{name: policy, repository: "https://git.example.org/data"}'), /name must be another/u);
    const file = join(folder, 'names.yml');
    const kinds = ['bucket', 'changes', 'looks', 'notices', 'state', 'alarms'];
    const shared = ['bus', 'key', 'ledger-bucket', 'receive-alarms', 'dashboard'];
    const idsOf = async (names: readonly string[]): Promise<readonly string[]> => {
      await writeFile(file, 'prod: {ledger-bucket: copies, kms-key: create, event-accounts: "123456789012"}');
      const made = names.map((name) => resources[name]?.({ options: { stage: 'prod', paramFile: file } }));
      return (await Promise.all(made)).flatMap((one) => Object.keys(one?.Resources ?? {}));
    };
    const own = await idsOf(kinds);
    const all = [...own, ...(await idsOf(shared))];
    const ends = own.flatMap((id) =>
      all.filter((other) => other.startsWith(id)).map((other) => other.slice(id.length)),
    );
    for (const end of new Set(ends.filter((one) => /^[A-Z][a-z0-9]{0,15}$/u.test(one))))
      assert.match(
        await faultsOf(`{name: ${end.toLowerCase()}, repository: "https://git.example.org/data"}`),
        /name must be another/u,
        end,
      );
  });

  it('are not called as another stage, with which they would share the names of queues', async () => {
    const repositories = `repositories: [{${data}}]`;
    const both = `prod: {${repositories}}\nprod-data: {}`;
    assert.match(
      (await told(both)).faults.join(),
      /^repositories\[0\]\.name must be another: prod-data is a stage, too/u,
    );
    assert.match((await told(both, { stage: 'prod-data' })).faults.join(), /^The stage must have another name: /u);
    const inherited = `default: {${repositories}}\nprod: {}`;
    assert.match(
      (await told(inherited, { stage: 'prod-data' })).faults.join('\n'),
      /^The stage must have another name: /mu,
    );
    assert.deepEqual((await told(`prod: {${repositories}}\nother-data: {}`)).faults, []);
  });

  it('are as many as one template can hold', async () => {
    const some = (count: number) =>
      Array.from({ length: count }, (_, at) => `{name: r${at}, repository: "https://git.example.org/r${at}"}`);
    assert.equal(await faultsOf(...some(6)), '');
    assert.match(await faultsOf(...some(7)), /^There may be 7 main repositories/u);
  });

  it('each have a repository and a bucket', async () => {
    assert.match(await faultsOf('{name: data, repository: ""}'), /^repositories\[0\]\.repository is missing\.$/mu);
    assert.match(await faultsOf(`{${data}, bucket: ""}`), /^repositories\[0\]\.bucket is missing\.$/mu);
  });
});

describe('what does not go together', () => {
  it('is a bucket for uploads that is to keep the ledger', async () => {
    const text = 'prod: {bucket: drops, ledger-bucket: drops}';
    assert.match((await told(text)).faults.join(), /^ledger-bucket must be another than bucket/u);
    assert.match(
      (
        await told(
          `prod: {bucket: a-drops, ledger-bucket: b-drops, repositories: [{name: data, repository: "https://git.example.org/data", bucket: b-drops}]}`,
        )
      ).faults.join(),
      /^ledger-bucket must be another than repositories\[0\]\.bucket/u,
    );
  });

  it('is one half of a network', async () => {
    for (const half of ['vpc-subnets: subnet-0a1b', 'vpc-security-groups: sg-0a1b'])
      assert.match(
        (await told(`prod: {${half}}`)).faults.join(),
        /^vpc-subnets and vpc-security-groups go together\.$/u,
      );
  });
});

describe('what is no value', () => {
  it('is known by no name that every object has', async () => {
    const { faults } = await told('{prod: {__proto__: {bucket: x}, constructor: 1}}', { given: ['toString=1'] });
    for (const name of ['__proto__', 'constructor', 'toString'])
      assert.ok(
        faults.some((fault) => fault.startsWith(`${name} is no parameter.`)),
        `${name}: ${faults.join()}`,
      );
    assert.deepEqual((await told('{}', { stage: 'constructor' })).faults, []);
  });

  it('is a name that no secret has, so that no role reads more than one', async () => {
    for (const name of ['*', 'a b', 'git-??????', 'a,b', '/a', 'a/', 'arn:aws:secretsmanager:eu-west-1:1:secret:a'])
      assert.match(
        (await told('{}', { given: [`git-secret=${name}`] })).faults.join(),
        /^git-secret is not written as it should be/u,
        name,
      );
    assert.deepEqual((await told('{}', { given: ['git-secret=a/B_+=.@-'] })).faults, []);
  });

  it('holds a placeholder, which means something to CloudFormation or serverless', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what is refused
    for (const text of ['topic=arn:aws:sns:${AWS::Region}:1:x', 'repository=https://git.example.org/${env:TOKEN}'])
      assert.match((await told('{}', { given: [text] })).faults.join(), /must not hold a placeholder/u, text);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: roles resolve it
    const arn = 'arn:aws:ecr:*:${AWS::AccountId}:repository/shop/*';
    assert.deepEqual((await told('{}', { given: [`ecr-repositories=${arn}`] })).faults, []);
  });

  it('is a number: all is text as it is written', async () => {
    const { first, faults } = await told(
      'prod: {event-accounts: 012345678901, branch: 1.10, create-bucket: false, topic: }',
    );
    assert.deepEqual(faults, []);
    assert.deepEqual(
      [first['event-accounts'], first.branch, first['create-bucket'], first.topic],
      ['012345678901', '1.10', 'false', ''],
    );
  });

  it('is a repository by plain http elsewhere than on this machine', async () => {
    for (const host of ['127.0.0.1:3000', 'localhost:3000', '[::1]'])
      assert.deepEqual((await told('{}', { given: [`repository=http://${host}/fleet.git`] })).faults, [], host);
    for (const host of ['git.example.org', 'localhost.example.org', '127.0.0.1.example.org'])
      assert.equal((await told('{}', { given: [`repository=http://${host}/fleet.git`] })).faults.length, 1, host);
  });

  it('is a branch that Git has no name for', async () => {
    for (const name of ['a..b', 'a//b', 'a/', 'a.', 'a.lock', 'a.lock/b', 'a/.b', '-a', '.a', 'a b'])
      assert.match((await told('{}', { given: [`branch=${name}`] })).faults.join(), /^branch is not written/u, name);
    for (const name of ['main', 'release/1.10', 'a.b-c_d', 'unlocked'])
      assert.deepEqual((await told('{}', { given: [`branch=${name}`] })).faults, [], name);
  });

  it('is a stage that Git has no name for', async () => {
    assert.match((await told('{}', { stage: '-a' })).faults.join(), /^The stage's name must begin/u);
    assert.deepEqual((await told('{}', { stage: '2026-Q4' })).faults, []);
  });

  it('is nothing, where something is needed, nor more than AWS takes', async () => {
    assert.deepEqual((await told('{}', { given: ['ledger-retention-days=36500'] })).faults, []);
    assert.equal((await told('{}', { given: ['ledger-retention-days=36501'] })).faults.length, 1);
    for (const name of ['branch', 'create-bucket', 'ledger-retention-days'])
      assert.match(
        (await told('{}', { given: [`${name}=`] })).faults.join(),
        new RegExp(`^${name} is not written`, 'u'),
      );
    for (const name of ['git-read-secret', 'ecr-repositories', 'clusters', 'topic'])
      assert.deepEqual((await told('{}', { given: [`${name}=`] })).faults, [], name);
  });
});

it('has an example or words for each parameter that follow its pattern', async () => {
  const declared = parse(await readFile(new URL('../../infra/parameters.yml', import.meta.url), 'utf8')) as Readonly<
    Record<string, { readonly example?: string; readonly default?: string }>
  >;
  for (const [name, { example, default: initial }] of Object.entries(declared))
    for (const value of [example, initial])
      if (value !== undefined && value !== '')
        assert.deepEqual(
          (await told('{}', { given: [`${name}=${value.replace('<stage>', 'prod')}`] })).faults,
          [],
          name,
        );
});
