import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';

const { parseTemplate } = createRequire(import.meta.url)('../../infra/deployment/template.cjs') as {
  parseTemplate: (text: string) => Template;
};
const infra = new URL('../../infra/', import.meta.url);

// biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested.
type Template = { readonly Resources: Readonly<Record<string, any>> };

let forward: Template;
let changes: Template;
before(async () => {
  const read = async (path: string) => parseTemplate(await readFile(new URL(path, infra), 'utf8'));
  [forward, changes] = await Promise.all([read('forward.yml'), read('resources/changes.yml')]);
});

test('what is forwarded is what the deployment listens to in its own account', () => {
  const pattern = ({ Resources }: Template, rule: string) => Resources[rule].Properties.EventPattern;
  assert.deepEqual(pattern(forward, 'ImagesRule'), pattern(changes, 'ImagesRule'));
  const uploads = pattern(changes, 'UploadsRule');
  const bucket = { name: [{ Ref: 'Bucket' }] };
  assert.deepEqual(pattern(forward, 'UploadsRule'), { ...uploads, detail: { ...uploads.detail, bucket } });
});

test('both rules send to the bus by a role that can do nothing else, and that nothing else can take', () => {
  const { UploadsRule, ImagesRule, Role } = forward.Resources;
  const target = { Id: 'gitferry', Arn: { Ref: 'Bus' }, RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] } };
  for (const { Properties } of [UploadsRule, ImagesRule]) assert.deepEqual(Properties.Targets, [target]);
  assert.deepEqual(
    Role.Properties.Policies.flatMap((policy: Template['Resources']) => policy.PolicyDocument.Statement),
    [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: { Ref: 'Bus' } }],
  );
  const [trust, ...others] = Role.Properties.AssumeRolePolicyDocument.Statement;
  assert.deepEqual([trust.Principal, others], [{ Service: 'events.amazonaws.com' }, []]);
  const rules = trust.Condition.ArnEquals['aws:SourceArn'].map((arn: { 'Fn::Sub': string }) => arn['Fn::Sub']);
  const names = [UploadsRule, ImagesRule].map(({ Properties }) => Properties.Name['Fn::Sub']);
  assert.deepEqual(
    rules,
    names.map((name) => `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/${name}`),
  );
});
