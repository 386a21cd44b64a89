import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { answer } from '../../../cli/init/answer.ts';
import { prompts } from '../../../cli/init/prompts.ts';
import { type Answers, questionsFor } from '../../../cli/init/questions.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';
const CTRL_C = '\u0003';

/** A terminal whose person answers each question, by a part of its text, with keys; what is in no line of theirs, with Enter. */
function terminal(keys: Readonly<Record<string, readonly string[]>>) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  Object.assign(input, { isTTY: true, setRawMode: () => input });
  Object.assign(output, { isTTY: true, columns: 100, rows: 40 });
  let shown = '';
  output.on('data', (chunk) => {
    shown += chunk;
  });
  const ask = prompts(input, output);
  return {
    shown: () => stripVTControlCharacters(shown),
    ask: async (...[question, suggested, fault]: Parameters<typeof ask>) => {
      const asked = ask(question, suggested, fault);
      for (const key of keys[question.name] ?? [ENTER]) {
        await new Promise(setImmediate);
        input.write(key);
      }
      return asked;
    },
  };
}

const SURROUNDINGS = { region: 'eu-west-1', origin: undefined };

test('a person types some, takes the defaults of the rest, and is told at once what does not fit', async () => {
  const { ask, shown } = terminal({
    repository: ['fleet', ENTER, '\u0015https://github.com/acme/fleet', ENTER],
    stage: ['staging', ENTER],
    'create-bucket': [DOWN, ENTER],
    webhooks: [DOWN, ENTER],
    clusters: ['eks:prod', ENTER],
  });
  const outcome = await answer(questionsFor(SURROUNDINGS), { branch: 'next' }, ask);
  assert.deepEqual(outcome, {
    answers: {
      repository: 'https://github.com/acme/fleet',
      branch: 'next',
      stage: 'staging',
      region: 'eu-west-1',
      'create-bucket': 'false',
      bucket: 'acme-releases',
      'git-secret': 'gitferry/staging/git',
      'git-read-secret': 'gitferry/staging/git-read',
      webhooks: 'false',
      clusters: 'eks:prod',
    } satisfies Answers,
  });
  assert.match(shown(), /This is no https address\./u);
  assert.doesNotMatch(shown(), /branch of it/u, 'what an option says is not asked');
  assert.doesNotMatch(
    shown(),
    /secret with those of the registries|others to tell of a landing/u,
    'what does not matter is not asked',
  );
});

test('where nothing says the region, none is suggested', async () => {
  const { ask, shown } = terminal({ region: [ENTER, 'eu-west-1', ENTER] });
  const given = { repository: 'https://github.com/acme/fleet' };
  const outcome = await answer(questionsFor({ region: undefined, origin: undefined }), given, ask);
  assert.ok(outcome !== null && 'answers' in outcome);
  assert.equal(outcome.answers.region, 'eu-west-1');
  assert.match(shown(), /This is no region of AWS/u);
  assert.doesNotMatch(shown(), /us-east-1/u);
});

test('who gives up gives up', async () => {
  const { ask } = terminal({ repository: [CTRL_C] });
  assert.equal(await answer(questionsFor(SURROUNDINGS), {}, ask), null);
});
