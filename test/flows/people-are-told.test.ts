import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { REGION } from '../../infra/local/definitions.ts';
import { CREDENTIALS } from '../../infra/local/queues.ts';
import { type Post, startPost } from '../notify/servers.ts';
import { pushTo, signed } from '../receive/knock.ts';
import { startStack, type TestStack, WEBHOOK_SECRET } from '../servers/stack.ts';

describe('what is to be told, through the bus, the queue and the bundled function', () => {
  let people: Post;
  let stack: TestStack;
  before(async () => {
    people = await startPost();
    const webhooks = [{ url: `${people.url}/hook`, secret: 'a-secret-of-the-people' }];
    stack = await startStack({
      environment: {
        GITFERRY_NOTIFICATIONS: JSON.stringify({
          webhooks,
          github: { token: 'a-token-of-a-host', url: 'http://127.0.0.1:1' },
        }),
      },
    });
  });
  after(async () => {
    await stack.stop();
    await people.close();
  });

  it('reaches people once, though it is announced again', async () => {
    await stack.put('charts/web-1.0.0.tgz', 'no archive');
    await stack.settled();
    const first = people.taken.map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      first.map(({ type, severity, subject }) => [type, severity, subject]),
      [['Rejected', 'problem', 'test: web was rejected: ArchiveMismatch']],
    );
    assert.match(first[0].text, /^source +s3:\/\/releases\/charts\/web-1\.0\.0\.tgz$/mu);
    const again = stack.events.find((event) => event['detail-type'] === 'Rejected');
    const bus = new EventBridgeClient({ endpoint: stack.url, region: REGION, credentials: CREDENTIALS });
    const Detail = JSON.stringify(again?.detail);
    const Entry = { Source: 'gitferry', DetailType: 'Rejected', EventBusName: 'gitferry-test', Detail };
    await bus.send(new PutEventsCommand({ Entries: [Entry, Entry] }));
    bus.destroy();
    await stack.settled();
    assert.equal(people.taken.length, 1);
  });

  it('is not that something landed, where there is nothing to show it beside', async () => {
    await stack.put('config/a.yaml', 'a: 1\n');
    await stack.settled();
    assert.ok(stack.events.some((event) => event['detail-type'] === 'Landed'));
    assert.equal(people.taken.length, 1);
  });

  it('goes on when a cluster reports something that nobody follows', async () => {
    const body = JSON.stringify(pushTo('flux').body);
    const headers = { 'content-type': 'application/json', 'x-signature': signed(WEBHOOK_SECRET, body) };
    const answer = await fetch(`${stack.receiveUrl}/flux`, { method: 'POST', headers, body });
    assert.deepEqual([answer.status, await answer.json()], [202, { looks: 1 }]);
    await stack.settled();
    assert.deepEqual(
      stack.happenings.filter(({ kind }) => kind === 'failed'),
      [],
    );
  });
});
