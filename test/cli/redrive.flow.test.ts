import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { formatChange } from '../../shared/change/own.ts';
import { type Landed, landedOf } from '../../shared/notice/landed.ts';
import { formatLook } from '../../shared/notice/look.ts';
import { landed } from '../notify/notices.ts';
import { gitferry } from './process.ts';
import { type RunningStack, startRunningStack } from './running-stack.ts';

let stack: RunningStack;
const urls = new Map<string, string>();
before(async () => {
  stack = await startRunningStack({ 'gitferry.yaml': '' });
});
after(() => stack.close());

const NAMES = ['changes', 'looks', 'notices', 'nudge'].flatMap((kind) => [kind, `${kind}-dead`]);
beforeEach(async () => {
  for (const name of NAMES) {
    const { QueueUrl = '' } = await stack.sqs.send(new CreateQueueCommand({ QueueName: `gitferry-local-${name}` }));
    urls.set(name, QueueUrl);
  }
});
afterEach(async () => {
  for (const QueueUrl of urls.values()) await stack.sqs.send(new DeleteQueueCommand({ QueueUrl }));
});

async function send(name: string, body: unknown): Promise<string> {
  const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
  const MessageAttributes = { origin: { DataType: 'String', StringValue: 'test' } };
  const QueueUrl = urls.get(name);
  const { MessageId = '' } = await stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
  return MessageId;
}

/** All that can be received from a queue now, and is left there for nobody. */
async function waiting(name: string): Promise<readonly Message[]> {
  const found: Message[] = [];
  for (;;) {
    const { Messages = [] } = await stack.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: urls.get(name),
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return found;
    found.push(...Messages);
  }
}

const bodies = async (name: string): Promise<readonly string[]> =>
  (await waiting(name)).map(({ Body = '' }) => Body).sort();

const change = (key: string): string => formatChange({ kind: 'object', bucket: 'releases', key });
const redrive = (...args: readonly string[]) => gitferry(stack.folder, 'redrive', ...args);

test('without a terminal and without --yes it shows what there is, moves nothing, and says so', async () => {
  const id = await send('changes-dead', change('charts/web-1.0.0.tgz'));
  const { status, out, err } = await redrive();
  assert.equal(status, 1);
  assert.match(
    out,
    new RegExp(
      `^gitferry-local-changes-dead:\n  \\d{4}-.*Z  s3://releases/charts/web-1.0.0.tgz\n    ${id}, received once\n$`,
      'u',
    ),
  );
  assert.match(err, /^NotConfirmed: Nothing was moved\.\n {2}Add --yes/u);
  assert.deepEqual(await bodies('changes'), []);
  // Whoever receives next finds it at once: it was hidden for the moment of reading alone.
  assert.deepEqual(await bodies('changes-dead'), [change('charts/web-1.0.0.tgz')]);
});

test('--yes moves everything to where it belongs, with all that it carries', async () => {
  const look = formatLook({ kind: 'look', look: 3, landed: landedOf(landed({})) as Landed });
  const notice = { source: 'gitferry', 'detail-type': 'Rejected', detail: { id: '1', reason: 'YamlInvalid' } };
  const keys = Array.from({ length: 23 }, (_, index) => `config/${index}.yaml`);
  for (const key of keys) await send('changes-dead', change(key));
  await send('looks-dead', look);
  await send('notices-dead', notice);
  const { status, out, err } = await redrive('--yes');
  assert.deepEqual([status, err], [0, '']);
  assert.match(out, /^ {2}\S+ {2}look 3 at \S+, release \S+$/mu);
  assert.match(out, /^ {2}\S+ {2}Rejected YamlInvalid 1$/mu);
  assert.match(out, /^gitferry-local-changes-dead: 23 moved back\ngitferry-local-looks-dead: 1 moved back$/mu);
  const arrived = await waiting('changes');
  assert.deepEqual(arrived.map(({ Body }) => Body).sort(), keys.map(change).sort());
  assert.ok(arrived.every(({ MessageAttributes }) => MessageAttributes?.origin?.StringValue === 'test'));
  assert.deepEqual([await bodies('looks'), await bodies('notices')], [[look], [JSON.stringify(notice)]]);
  for (const name of NAMES.filter((name) => name.endsWith('-dead'))) assert.deepEqual(await bodies(name), [], name);
});

test('--only leaves the poisonous where it is; --queue looks at one queue alone', async () => {
  const [, good] = [await send('changes-dead', 'poison'), await send('changes-dead', change('a'))];
  await send('looks-dead', 'also poison');
  const { status, out } = await redrive('--queue', 'changes', '--only', good, '--yes');
  assert.equal(status, 0);
  assert.doesNotMatch(out, /looks|EventNotJson/u);
  assert.deepEqual(await bodies('changes'), [change('a')]);
  assert.deepEqual([await bodies('changes-dead'), await bodies('looks-dead')], [['poison'], ['also poison']]);
});

test('--dry-run shows, and is no failure; nothing on a screen moves its cursor', async () => {
  await send('changes-dead', 'poison');
  await send('nudge-dead', { requestPayload: { source: 'gitferry', 'detail-type': 'La\u001bnded', detail: {} } });
  const { status, out, err } = await redrive('--dry-run');
  assert.deepEqual([status, err], [0, '']);
  assert.match(out, /nothing that gitferry knows \(EventNotJson\)/u);
  assert.match(out, /La\\u\{1b\}nded/u);
  assert.equal((await bodies('changes-dead')).length, 1);
});

const linesOf = ({ out }: { readonly out: string }) =>
  out
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));

test('as JSON a line a message, with its body, then one a queue, and what was moved', async () => {
  const id = await send('changes-dead', change('a'));
  const lines = linesOf(await redrive('--yes', '-o', 'json'));
  const { sent, ...letter } = lines[0];
  assert.ok(Date.now() - Date.parse(sent) < 60_000);
  const about = { queue: 'gitferry-local-changes-dead', id, received: 1, what: 's3://releases/a', why: null };
  assert.deepEqual(letter, { ...about, body: change('a') });
  assert.deepEqual(lines.slice(1), [
    { queue: 'gitferry-local-changes-dead', shown: 1, depth: 1 },
    ...['looks', 'notices', 'nudge'].map((kind) => ({ queue: `gitferry-local-${kind}-dead`, shown: 0, depth: 0 })),
    { queue: 'gitferry-local-changes-dead', moved: 1 },
  ]);
});

test('of many it shows so many, says that there are more, and moves all the same what was agreed to: all', async () => {
  for (let index = 0; index < 12; index += 1) await send('changes-dead', change(`${index}`));
  const { out } = await redrive('--dry-run', '--most', '5');
  assert.equal(out.match(/s3:\/\//gu)?.length, 5);
  assert.match(out, /^There are about 7 more, which --most would show\.$/mu);
  const lines = linesOf(await redrive('--dry-run', '--most', '5', '--queue', 'changes', '-o', 'json'));
  assert.deepEqual(lines.slice(5), [{ queue: 'gitferry-local-changes-dead', shown: 5, depth: 12 }]);
  const moved = await redrive('--most', '5', '--yes');
  assert.match(moved.out, /changes-dead: 12 moved back/u);
  assert.deepEqual([(await bodies('changes')).length, (await bodies('changes-dead')).length], [12, 0]);
});

test('an id that is not there, a deployment that is not there, and no dead letters at all', async () => {
  assert.deepEqual(await redrive(), { status: 0, out: 'There are no dead letters.\n', err: '' });
  const missing = await redrive('--only', 'no-such-id', '--yes');
  assert.equal(missing.status, 1);
  assert.match(missing.err, /^LetterMissing: .*no-such-id/u);
  assert.equal((await redrive('--dry-run', '--yes')).status, 2);
  assert.equal((await redrive('--repository-name', 'data')).status, 2);
  assert.equal((await redrive('--queue', 'others')).status, 2);
});
