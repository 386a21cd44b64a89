import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { printable } from '../shared/printable.ts';
import { type Ask, answer, type Manner } from './init/answer.ts';
import { configFile } from './init/config-file.ts';
import { type Draft, obstacleOf, readPresent, show, write } from './init/files.ts';
import { nextSteps } from './init/next-steps.ts';
import { originOf } from './init/origin.ts';
import { isParameter } from './init/parameters.ts';
import { hasStage, isReadable, parametersFile } from './init/parameters-file.ts';
import { agree, prompts } from './init/prompts.ts';
import { type Answers, type Question, questionsFor } from './init/questions.ts';
import { regionOf } from './init/region.ts';

const PARAMETERS = 'serverless.params.yml';

interface Options {
  readonly config: string;
  readonly region?: string;
  readonly param?: Answers;
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

/** `gitferry init`: asks what a deployment needs, and writes serverless.params.yml and a first gitferry.yaml. */
export function init(program: Command): void {
  const command = program
    .command('init')
    .summary('ask what a deployment needs, and write it down')
    .description(
      `Asks what a deployment needs, and writes ${PARAMETERS} and a first gitferry.yaml. What an option says is not asked; ` +
        'without a terminal nothing is. It asks for names of secrets, and never for what is in them.',
    );
  for (const { name, message, choices = [] } of questionsFor({ region: undefined, origin: undefined })) {
    const words = message.replace(/^[A-Z](?=[a-z ])/u, (letter) => letter.toLowerCase());
    const values = choices.map(({ value, label }) => `; ${value}: ${label}`).join('');
    command.option(`--${name} <value>`, words + values);
  }
  command
    .option('--param <name=value>', 'any other parameter of docs/install.md; may be repeated', addParameter)
    .option('--config <file>', 'where gitferry.yaml is written', 'gitferry.yaml')
    .option('--yes', 'ask nothing: take defaults, and what the repository suggests')
    .option('--force', 'overwrite what is there')
    .option('--dry-run', 'show the files, and write nothing')
    .action((options: Options) => run(options, command));
}

async function run({ config, region, param, yes, force, dryRun }: Options, command: Command): Promise<void> {
  for (const path of [PARAMETERS, config]) {
    const obstacle = await obstacleOf(path);
    if (obstacle !== null) command.error(`error: ${obstacle}`);
  }
  const present = await readPresent(PARAMETERS);
  if (!isReadable(present)) command.error(`error: ${PARAMETERS} is there already, and no map of stages`);
  if ((await readPresent(config)) !== null && !force && !dryRun)
    command.error(`error: ${config} is there already; --config names another, and --force overwrites it`);
  const questions = questionsFor({
    region: region ?? (await regionOf(process.env)),
    origin: await originOf(dirname(resolve(config))),
  });
  const asks = process.stdin.isTTY && process.stdout.isTTY && !yes;
  const manner: Manner = asks ? asking(force ? null : present) : yes ? 'likely' : 'defaults';
  const outcome = await answer(questions, { ...param, ...stated(questions, command) }, manner);
  if (outcome === null) return giveUp();
  if (!('answers' in outcome)) return command.error(complaint(outcome));

  const { answers } = outcome;
  const parameters = parametersFile(present, answers, Boolean(force));
  if (parameters === null)
    command.error(`error: ${PARAMETERS} has the stage ${answers.stage} already; --force replaces it`);
  const drafts: readonly Draft[] = [
    { path: PARAMETERS, text: parameters },
    { path: config, text: configFile(answers) },
  ];
  console.log(show(drafts));
  if (dryRun) return console.log('Nothing was written.');
  if (asks && !(await agree(process.stdin, process.stdout, 'Write these files?'))) return giveUp();
  await write(drafts);
  console.log(`Written: ${drafts.map(({ path }) => path).join(', ')}\n\n${nextSteps(answers, config)}`);
}

/** A stage that the file has is told of when it is named, rather than after all questions. */
function asking(present: string | null): Ask {
  const ask = prompts(process.stdin, process.stdout);
  const fault = (name: string, value: string): string | null =>
    name === 'stage' && hasStage(present, value) ? `${PARAMETERS} has it already; --force replaces it.` : null;
  return (question, suggested, of) => ask(question, suggested, (value) => of(value) ?? fault(question.name, value));
}

function giveUp(): void {
  console.log('Nothing was written.');
  process.exitCode = 1;
}

function complaint({
  missing,
  wrong,
}: {
  readonly missing: readonly string[];
  readonly wrong: readonly string[];
}): string {
  const lacking = missing.map((name) => `--${name}`).join(', ');
  const lines = missing.length > 0 ? [`${lacking} ${missing.length === 1 ? 'is' : 'are'} needed`] : wrong;
  return lines.map((line) => `error: ${printable(line)}`).join('\n');
}

/** What options say, by the names of the questions. */
function stated(questions: readonly Question[], command: Command): Answers {
  const options = command.opts<Readonly<Record<string, unknown>>>();
  const pairs = questions.map(({ name }) => [name, options[camelCase(name)]] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}

function addParameter(pair: string, pairs: Answers = {}): Answers {
  const [, name, value] = /^([a-z-]+)=(.*)$/su.exec(pair) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It is written name=value.');
  if (!isParameter(name)) throw new InvalidArgumentError(`There is no parameter ${name}.`);
  return { ...pairs, [name]: value };
}
