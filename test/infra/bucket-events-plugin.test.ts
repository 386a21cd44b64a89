import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { startBucket } from './notifying-bucket.ts';

interface Plugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
}
const BucketEvents = createRequire(import.meta.url)('../../infra/plugins/bucket-events.cjs') as new (
  serverless: object,
  options: object,
  writers: { readonly log: object },
) => Plugin;

/** What a deployment with these parameters asks S3, and what it says. */
async function deploy(...parameters: readonly string[]) {
  const server = await startBucket();
  const said: string[] = [];
  const param = ['repository=https://github.com/acme/fleet', 'bucket=acme-releases', ...parameters];
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const config = { endpoint: server.url, region: 'eu-west-1', credentials, maxAttempts: 1 };
  const serverless = {
    service: { provider: { stage: 'test' } },
    processedInput: { commands: ['deploy'], options: { param, paramFile: null } },
    getProvider: () => ({ getAwsSdkV3Config: async () => config, getRegion: () => config.region }),
  };
  const log = { notice: (text: string) => said.push(text), warning: (text: string) => said.push(text) };
  try {
    await new BucketEvents(serverless, {}, { log }).hooks['after:deploy:deploy']?.();
  } finally {
    server.close();
  }
  return { said, requests: server.requests };
}

test('a bucket that was there is asked once the deployment stands', async () => {
  const { said, requests } = await deploy('create-bucket=false');
  assert.deepEqual(
    requests.filter((request) => request.includes('notification')).map((request) => request.split(/\/?\?/u)[0]),
    ['GET /acme-releases', 'PUT /acme-releases', 'GET /acme-releases'],
  );
  assert.equal(said.length, 1);
});

test('a bucket that the deployment makes tells by its template, and is left alone', async () => {
  assert.deepEqual(await deploy(), { said: [], requests: [] });
});
