import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Answers, type Canned, fakeRegistry } from '../servers/fake-registry.ts';
import { client } from './fixture.ts';

const TYPE = { 'content-type': 'application/json' };
const invalid = { name: 'Rejected', reason: 'TagsInvalid' };
const tooMany = { name: 'Rejected', reason: 'TagsTooMany' };

function page(tags: unknown, link?: string): Canned {
  return { headers: link === undefined ? TYPE : { ...TYPE, link }, body: JSON.stringify({ name: 'acme/api', tags }) };
}

async function listed(answers: Answers): Promise<readonly string[]> {
  await using registry = await fakeRegistry(answers);
  const { images, image } = client([registry]);
  return (await images.tags(image)).map(({ tag }) => tag);
}

it('lists all tags, page by page', async () => {
  await using registry = await fakeRegistry(({ path }) => {
    const last = new URL(path, 'http://x').searchParams.get('last');
    if (last === null) return page(['1', '2'], '</v2/acme/api/tags/list?n=2&last=2>; rel="next"');
    if (last === '2') return page(['2', '3'], '<list?last=3&n=2>; title="more", </x>; rel=prev');
    return page([]);
  });
  const { images, image } = client([registry]);
  const about = { digest: null, pushedAt: null };
  assert.deepEqual(await images.tags(image), [
    { tag: '1', ...about },
    { tag: '2', ...about },
    { tag: '3', ...about },
  ]);
  assert.deepEqual(
    registry.asked.map(({ path }) => path),
    ['/v2/acme/api/tags/list?n=1000', '/v2/acme/api/tags/list?n=2&last=2'],
  );
});

it('lists none where there is no such image, or no tag', async () => {
  assert.deepEqual(await listed(() => ({ status: 404, headers: TYPE, body: '{}' })), []);
  assert.deepEqual(await listed(() => page(null)), []);
  assert.deepEqual(await listed(() => ({ headers: TYPE, body: '{"name":"acme/api"}' })), []);
});

it('leaves out names that no tag can have, and those that come twice', async () => {
  const odd = ['', '-1', '.hidden', 'a b', 'a/b', 'a\n', '../x', '$(id)', 'é', 'x'.repeat(129), '__proto__'];
  assert.deepEqual(await listed(() => page(['1.10', '1e3', ...odd, '1.10', 'Latest_2'])), [
    ...['1.10', '1e3', '__proto__', 'Latest_2'],
  ]);
});

const broken: readonly (readonly [string, Canned])[] = [
  ['no JSON', { headers: TYPE, body: 'tags' }],
  ['a list', { headers: TYPE, body: '[]' }],
  ['tags that are no list', page('1.0.0')],
  ['tags that are no texts', page([1])],
];
for (const [what, answer] of broken)
  it(`rejects ${what}`, () =>
    assert.rejects(
      listed(() => answer),
      invalid,
    ));

it('rejects a list that leads to another server, and asks nothing there', async () => {
  await using elsewhere = await fakeRegistry(() => page(['9.9.9']));
  for (const link of [`<${elsewhere.url}/v2/acme/api/tags/list?last=1>`, `<//${elsewhere.host}/x>`, '<http://[>']) {
    await using registry = await fakeRegistry(() => page(['1'], `${link}; rel="next"`));
    const { images, image } = client([registry, elsewhere]);
    await assert.rejects(images.tags(image), invalid);
  }
  assert.equal(elsewhere.connections, 0);
});

it('follows a list to where the registry redirects, without credentials', async () => {
  await using other = await fakeRegistry(({ path }) =>
    path.includes('last') ? page(['2']) : page(['1'], '</tags?last=1>; rel="next"'),
  );
  const challenge = { 'www-authenticate': 'Basic realm="x"' };
  await using registry = await fakeRegistry(({ headers }) =>
    headers.authorization === undefined
      ? { status: 401, headers: challenge }
      : { status: 307, headers: { location: `${other.url}/tags` } },
  );
  const credentials = async () => ({ username: 'ada', password: 'p4ssword' });
  const { images, image } = client([registry, other], { credentials });
  assert.equal((await images.tags(image)).length, 2);
  assert.deepEqual(
    other.asked.map(({ path, headers }) => [path, headers.authorization]),
    [
      ['/tags', undefined],
      ['/tags?last=1', undefined],
    ],
  );
});

it('rejects a list that leads in a circle', async () => {
  let asked = 0;
  const answers: Answers = () => {
    asked += 1;
    return page([String(asked)], `</v2/acme/api/tags/list?last=${asked % 3}>; rel="next"`);
  };
  await assert.rejects(listed(answers), invalid);
  assert.ok(asked <= 5, String(asked));
});

it('rejects a list without end', async () => {
  let asked = 0;
  const answers: Answers = () => {
    asked += 1;
    return page(['1'], `</v2/acme/api/tags/list?last=${asked}>; rel="next"`);
  };
  await assert.rejects(listed(answers), tooMany);
  assert.ok(asked <= 1000, String(asked));
});

it('rejects more than can be read, on one page or on many', async () => {
  await assert.rejects(
    listed(() => page(['x'.repeat(5 * 2 ** 20)])),
    tooMany,
  );
  const names = (at: number): string[] => Array.from({ length: 50_001 }, (_, index) => `${at}.${index}`);
  let asked = 0;
  const many: Answers = () => {
    asked += 1;
    return page(names(asked), `<?last=${asked}>; rel="next"`);
  };
  await assert.rejects(listed(many), tooMany);
  assert.equal(asked, 2);
});
