import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { s3Bucket } from '../../shared/source/bucket.ts';
import { s3Client } from '../../shared/source/s3-client.ts';

/** The region that a request is signed for. */
const regionOf = (authorization = ''): string => /Credential=[^/]+\/\d+\/([^/]+)\/s3/u.exec(authorization)?.[1] ?? '';

describe('a bucket in another region', () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const region = regionOf(request.headers.authorization);
    asked.push(region);
    if (region === 'eu-west-1')
      return void response
        .writeHead(200, { etag: '"1"', 'content-length': 3 })
        .end(request.method === 'HEAD' ? '' : 'a: ');
    response
      .writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' })
      .end('<Error><Code>PermanentRedirect</Code><Message>Elsewhere.</Message><Bucket>releases</Bucket></Error>');
  });
  const environment = { ...process.env };
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
  });
  after(() => {
    process.env = environment;
    server.close();
  });

  it('is asked there', async () => {
    const bucket = s3Bucket(s3Client());
    assert.equal((await bucket.head('releases', 'a.yaml'))?.etag, '1');
    assert.deepEqual(asked, ['us-east-1', 'eu-west-1']);
    assert.equal(Buffer.from((await bucket.get('releases', 'a.yaml', 10))?.bytes ?? []).toString(), 'a: ');
  });
});
