import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { CreateRepositoryCommand, PutImageCommand } from '@aws-sdk/client-ecr';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { ACCOUNT, REGION } from '../../infra/local/definitions.ts';
import { tgz } from '../artifact/tar-writer.ts';
import { eventText } from '../change/fixture.ts';
import { deployment } from '../faults/images.ts';
import { CONFIG } from '../servers/stack.ts';
import { BUCKET, type Place, STACK, startPlace, WEBHOOK_SECRET } from './deployment.ts';
import { UNKNOWN_TO_MOTO } from './resources.ts';
import { type Running, startFunctions } from './running.ts';

const ECR = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;
const RULES = `${CONFIG}images:
  - { image: "${ECR}/shop/api", policy: { semver: "*" }, files: ["shop/*.yaml"] }
`;

function chart(version: string): Buffer {
  return tgz({ name: 'web/Chart.yaml', body: `apiVersion: v2\nname: web\nversion: ${version}\n` });
}

async function timed<T>(context: TestContext, what: string, deed: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const answer = await deed();
  context.diagnostic(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return answer;
}

describe('serverless deploy, and all that comes of it', () => {
  let place: Place;
  before(async () => {
    place = await startPlace({ 'gitferry.yaml': RULES, 'shop/main.yaml': deployment(`${ECR}/shop/api:0.9.0`) });
  });
  after(() => place[Symbol.asyncDispose]());

  const queue = (name: string): string => `${place.moto.url}/${ACCOUNT}/${STACK}-${name}`;
  const put = (Key: string, Body: Buffer | string) =>
    place.aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

  it('deploys', async (context) => {
    const said = await timed(context, 'deploy', () => place.deploy());
    assert.match(said, new RegExp(`deployed to stack ${STACK}`, 'u'));
  });

  it('makes every resource of the template but those of kinds that moto does not know', async () => {
    const template = await place.checkout.template();
    const made = new Set((await place.resources()).map(({ LogicalResourceId }) => LogicalResourceId));
    const missing = Object.entries(template.Resources).filter(([id]) => !made.has(id));
    const kinds = new Set(missing.map(([, { Type }]) => Type));
    assert.deepEqual([...kinds].sort(), [...UNKNOWN_TO_MOTO].sort());
    const known = Object.entries(template.Resources).filter(([, { Type }]) => !UNKNOWN_TO_MOTO.includes(Type));
    assert.deepEqual(
      known.filter(([id]) => !made.has(id)).map(([id]) => id),
      [],
    );
    assert.equal(known.length, [...made].filter((id) => id !== undefined && id in template.Resources).length);
  });

  describe('its functions, loaded as Lambda loads them', () => {
    let running: Running;
    before(async () => {
      running = await startFunctions(place);
    });
    after(() => running[Symbol.asyncDispose]());

    it('are all that are deployed', async () => {
      const template = await place.checkout.template();
      const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
      assert.equal(running.lambdas.size, functions.length);
    });

    it('an upload becomes a commit, by EventBridge and SQS, and is followed and told of', async () => {
      const [mirrored, looked, told] = [running.next('mirror'), running.next('verify'), running.next('notify')];
      await put('charts/web-1.0.0.tgz', chart('1.0.0'));
      assert.deepEqual((await mirrored).answer, { batchItemFailures: [] });
      assert.match(await place.git.repository.git('show', 'main:charts/web/Chart.yaml'), /version: 1\.0\.0/u);
      assert.deepEqual((await looked).answer, { batchItemFailures: [] });
      assert.deepEqual((await told).answer, { batchItemFailures: [] });
    });
  });
});
