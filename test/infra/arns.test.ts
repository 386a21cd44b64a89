import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';

type Arns = (serverless: { resolveVariable: (name: string) => Promise<string> }) => Promise<{ 'Fn::Sub': string }[]>;
const arns = createRequire(import.meta.url)('../../infra/arns.cjs') as Readonly<
  Record<'eks' | 'kubeconfigsToNudge' | 'kubeconfigsToVerify' | 'topic', Arns>
>;

async function of(name: keyof typeof arns, value: string): Promise<string[]> {
  const given = name === 'topic' ? 'param:topic' : 'param:clusters';
  const found = await arns[name]({ resolveVariable: async (asked) => (asked === given ? value : assert.fail(asked)) });
  return found.map((one) => one['Fn::Sub']);
}

describe('what the roles may touch of clusters', () => {
  const LIST = 'eks:prod, eks:other-1@eu-west-1,secret:gitferry/kube@2';

  it('is the clusters of EKS that are named, each in its region', async () => {
    const [own = '', other = '', ...more] = await of('eks', LIST);
    assert.match(own, /:eks:\$\{AWS::Region\}:\$\{AWS::AccountId\}:cluster\/prod$/u);
    assert.match(other, /:eks:eu-west-1:\$\{AWS::AccountId\}:cluster\/other-1$/u);
    assert.deepEqual(more, []);
  });

  it('is the secrets that are named, for each function its own', async () => {
    const [only, ...more] = await of('kubeconfigsToNudge', LIST);
    assert.match(only ?? '', /:secret:gitferry\/kube@2\/nudge-\?{6}$/u);
    assert.match((await of('kubeconfigsToVerify', LIST)).join(), /:secret:gitferry\/kube@2\/verify-\?{6}$/u);
    assert.deepEqual(more, []);
  });

  it('is nothing that there can be when none is named', async () => {
    assert.match((await of('eks', '')).join(), /:cluster\/$/u);
    assert.match((await of('kubeconfigsToNudge', ' ')).join(), /:secret:-\?{6}$/u);
    assert.match((await of('topic', '')).join(), /:no\.topic$/u);
    assert.deepEqual(await of('topic', 'arn:aws:sns:eu-west-1:1:people'), ['arn:aws:sns:eu-west-1:1:people']);
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
    it(`is refused when it names ${entry}`, async () => {
      await assert.rejects(of('eks', entry), /in the parameter clusters is neither/u);
    });
});
