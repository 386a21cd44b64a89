import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parseNotifications } from '../../shared/config/notify.ts';
import { outcome } from '../notify/notices.ts';
import { startPost, teller } from '../notify/servers.ts';
import { blocks, readPages } from './pages.ts';

const SECRET = 'a-secret-of-the-webhook';

type Check = (header: string | undefined, body: string, secret: string, now?: number) => boolean;

const server = await startPost();
after(() => server.close());

const page = (await readPages()).find(({ path }) => path === 'docs/notifications.md');
assert.ok(page);

test('the check of a signature that the page shows takes what gitferry sends, and nothing else', async () => {
  const [code, ...others] = blocks(page, 'js');
  assert.deepEqual(others, []);
  const { isFromGitferry: check } = (await import(`data:text/javascript,${encodeURIComponent(code ?? '')}`)) as {
    isFromGitferry: Check;
  };
  const told = teller({ webhooks: [{ url: server.url, secret: SECRET }] });
  await told.tell(outcome('Rejected'));
  const [sent] = server.taken;
  const header = String(sent?.headers['x-gitferry-signature']);
  const body = sent?.body ?? '';
  const now = told.now.getTime();
  assert.equal(check(header, body, SECRET, now), true);
  assert.equal(check(header, body, SECRET, now + 299_000), true);
  const wrong: readonly (readonly [string | undefined, string, string, number])[] = [
    [undefined, body, SECRET, now],
    ['', body, SECRET, now],
    [header, `${body} `, SECRET, now],
    [header, body, 'another-secret-of-it', now],
    [header, body, SECRET, now + 301_000],
    [header.replace(/t=\d+/u, `t=${Math.floor(now / 1000) + 300}`), body, SECRET, now + 301_000],
    [header.replace(/v1=./u, 'v1=g'), body, SECRET, now],
    [header.slice(0, -2), body, SECRET, now],
  ];
  for (const one of wrong) assert.equal(check(...one), false, String(one));
  assert.deepEqual(Object.keys(JSON.parse(body)).sort(), ['detail', 'id', 'severity', 'subject', 'text', 'type']);
});

test('the settings that the page shows can be read', () => {
  const shown = blocks(page, 'sh').flatMap((block) =>
    [...block.matchAll(/'(\{.*?\})'/gsu)].map(([, json = '']) => json),
  );
  assert.equal(shown.length, 2);
  for (const json of shown) assert.equal(parseNotifications(json.replaceAll('…', 'x'.repeat(32))).webhooks.length, 1);
});
