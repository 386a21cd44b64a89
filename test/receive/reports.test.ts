import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DOORS } from '../../functions/receive/doors.ts';
import { Retryable } from '../../shared/errors.ts';
import { formatLook, parseLook } from '../../shared/notice/look.ts';
import { fixture, knock, pushTo, requestOf, requestTo, SECRET, signed } from './knock.ts';

describe('a report from a cluster', () => {
  it('is a look into the looks queue, and no change', async () => {
    for (const door of ['flux', 'flagger']) {
      const { status, sent, looks } = await knock(requestOf(pushTo(door)));
      assert.deepEqual([status, sent, looks.length], [202, [], 1]);
      for (const look of looks) assert.deepEqual(parseLook(JSON.parse(formatLook(look))), look);
    }
  });

  it('carries nothing on of what it claims but the name of an object', async () => {
    const { body } = pushTo('flux');
    const claims = { ...(body as object), verdict: 'failed', landed: {}, gitferry: 'look', release: 'x', look: 7 };
    const { looks } = await knock(requestTo('flux', JSON.stringify(claims)));
    assert.deepEqual(Object.keys(looks[0] ?? {}).sort(), ['kind', 'objects']);
    assert.deepEqual(Object.keys(looks[0]?.objects[0] ?? {}).sort(), ['kind', 'name', 'namespace']);
  });

  it('of Flux counts by its signature alone', async () => {
    const { body } = pushTo('flux');
    const text = JSON.stringify(body);
    const by = (signature: string) => knock(requestTo('flux', text, { headers: { 'x-signature': signature } }));
    assert.equal((await by(signed(SECRET, text))).status, 202);
    for (const signature of [
      '',
      signed(SECRET, `${text} `),
      signed('another-secret-of-some-length', text),
      signed(SECRET, text, 'sha1'),
    ])
      assert.equal((await by(signature)).status, 401);
    assert.equal(
      (await knock(requestTo('flux', text, { path: `/flux/${SECRET}`, headers: { 'x-signature': '' } }))).status,
      404,
    );
  });

  it('whose names are none of Kubernetes goes no further', async () => {
    for (const door of ['flux', 'flagger']) {
      const text = JSON.stringify(pushTo(door).body);
      const [
        {
          objects: [object],
        } = { objects: [] },
      ] = (await knock(requestOf(pushTo(door)))).looks;
      for (const value of ['', 'x'.repeat(254), 7, null, [], {}]) {
        const altered = text.replaceAll(JSON.stringify(object?.name), JSON.stringify(value));
        assert.notEqual(altered, text);
        const { status, looks } = await knock(requestTo(door, altered));
        assert.deepEqual([status, looks.length], [400, 0], `${door} ${JSON.stringify(value).slice(0, 20)}`);
      }
    }
  });

  it('that the queue does not take is sent again', async () => {
    const look = () => Promise.reject(new Retryable('QueueUnavailable', 'It is down.'));
    const { status, body } = await knock(requestOf(pushTo('flagger')), { look });
    assert.deepEqual([status, body.reason], [503, 'QueueUnavailable']);
  });
});

describe('fault 53: what Flagger takes for leave is never given', () => {
  /** As Flagger sends every webhook but those of the type `event`; to `rollback`, any answer up to 202 is a rollback. */
  const question = { name: 'podinfo', namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' };
  const { metadata } = fixture('flagger', 'event').body as { metadata: Record<string, unknown> };

  const bodies: Readonly<Record<string, unknown>> = {
    'without metadata': question,
    'with metadata of its own': { ...question, metadata: { cmd: 'hey -z 1m http://podinfo-canary.test:9898/' } },
    'with null for metadata': { ...question, metadata: null },
    'with a list for metadata': { ...question, metadata: Object.values(metadata) },
    'that names its type': { ...question, type: 'rollback' },
    'of a failed canary': { ...question, phase: 'Failed' },
    ...Object.fromEntries(
      Object.keys(metadata).flatMap((field) => [
        [`without ${field}`, { ...question, metadata: { ...metadata, [field]: undefined } }],
        [`with no text as ${field}`, { ...question, metadata: { ...metadata, [field]: 7 } }],
      ]),
    ),
  };
  for (const [what, body] of Object.entries(bodies))
    it(`a webhook ${what} is refused, with what to do`, async () => {
      const answered = await knock(requestTo('flagger', JSON.stringify(body)));
      assert.deepEqual([answered.status, answered.body.reason, answered.looks], [400, 'HookNotAnEvent', []]);
      assert.match(String(answered.body.hint), /type event/u);
    });

  it('nor at any other door, by whatever secret', async () => {
    for (const door of DOORS.keys())
      for (const path of [`/${door}`, `/${door}/${SECRET}`, `/${door}/${SECRET}/rollback`]) {
        const event = requestTo(door, JSON.stringify(question), { path });
        const { status } = await knock(event);
        assert.ok(status > 202, `${path} answered ${status}`);
      }
  });

  it('nor to a body that is broken, empty or of another kind', async () => {
    for (const body of ['', '{', 'null', '[]', '{}', '"rollback"', `{"name":"podinfo"}`]) {
      const { status } = await knock(requestTo('flagger', body));
      assert.equal(status, 400, body);
    }
  });
});
