import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { startStack, type TestStack } from '../servers/stack.ts';

const ECHO = join(import.meta.dirname, 'echo');

describe('the address of a function', () => {
  let stack: TestStack;
  before(async () => {
    stack = await startStack({ code: ECHO });
  });
  after(() => stack.stop());

  /** What the function was given. */
  async function given(path: string, init: RequestInit = {}): Promise<LambdaFunctionURLEvent> {
    const answer = await fetch(`${stack.receiveUrl}${path}`, init);
    assert.equal(answer.status, 202);
    return (await answer.json()) as LambdaFunctionURLEvent;
  }

  it('hands over a request as Lambda does: path and query as they were sent, header names in lower case', async () => {
    const { version, rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } = await given(
      '/quay/a%2Fb%41?x=1&y=%20',
      {
        method: 'POST',
        body: '{"a":"ü"}',
        headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Some': 'Y' },
      },
    );
    assert.deepEqual(
      [version, rawPath, rawQueryString, headers['x-some'], body, isBase64Encoded],
      ['2.0', '/quay/a%2Fb%41', 'x=1&y=%20', 'Y', '{"a":"ü"}', false],
    );
    assert.equal(requestContext.http.method, 'POST');
    assert.match(requestContext.time, /^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/u);
  });

  it('hands over in base64 what is no text', async () => {
    const type = (name: string): RequestInit => ({ method: 'POST', body: '{}', headers: { 'content-type': name } });
    const typed = await given('/', type('application/vnd.docker.distribution.events.v1+json'));
    assert.deepEqual([typed.body, typed.isBase64Encoded], ['e30=', true]);
    const bytes = await given('/', { ...type('application/json'), body: Buffer.from([0x22, 0xff]) });
    assert.deepEqual([bytes.body, bytes.isBase64Encoded], ['Iv8=', true]);
    const none = await given('/');
    assert.deepEqual([none.body, none.isBase64Encoded], [undefined, false]);
  });

  it('joins the values of a header that came twice', async () => {
    const text = await new Promise<string>((done, fail) => {
      const sent = request(stack.receiveUrl, { headers: { 'x-twice': ['a', 'b'] } }, (answer) => {
        let all = '';
        answer.on('data', (chunk: Buffer) => (all += chunk)).on('end', () => done(all));
      });
      sent.on('error', fail).end();
    });
    assert.equal((JSON.parse(text) as LambdaFunctionURLEvent).headers['x-twice'], 'a,b');
  });

  it('gives back status, headers and bytes', async () => {
    const answer = await fetch(`${stack.receiveUrl}/base64`);
    assert.deepEqual([answer.status, answer.headers.get('x-echo')], [201, 'yes']);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from([0xff, 0]));
  });

  it('answers 413 to more than Lambda takes, and the function hears nothing of it', async () => {
    const before = stack.happenings.length;
    const answer = await fetch(stack.receiveUrl, { method: 'POST', body: Buffer.alloc(6 * 1024 * 1024 + 1) });
    assert.equal(answer.status, 413);
    assert.equal(stack.happenings.length, before);
  });

  for (const path of ['/throw', '/nonsense'])
    it(`answers 502 when the function fails, and tells it: ${path}`, async () => {
      const answer = await fetch(`${stack.receiveUrl}${path}`);
      assert.equal(answer.status, 502);
      assert.doesNotMatch(await answer.text(), /told to throw/u);
      assert.ok(stack.happenings.some((one) => one.kind === 'failed' && one.name === 'receive'));
    });
});
