import { setTimeout as wait } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Rejected, Stalled } from '../shared/errors.ts';
import { printable, printableJson } from '../shared/printable.ts';
import { agree } from './init/prompts.ts';
import { contentOf } from './redrive/content.ts';
import { firstFailures } from './redrive/failures.ts';
import { type Letter, peek } from './redrive/letters.ts';
import { type Movers, moveAll, moveSome } from './redrive/move.ts';
import { type DeadQueue, findDeadQueues, KINDS, type Kind } from './redrive/queues.ts';
import { findRunning, localAws } from './running.ts';

interface Options {
  readonly stage?: string;
  readonly repositoryName?: string;
  readonly region?: string;
  readonly queue?: Kind;
  readonly only?: readonly string[];
  readonly most: number;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly output: 'text' | 'json';
}

/** The deployment whose dead letters are meant, and how to reach it. */
interface Target extends Pick<Movers, 'sqs' | 'events' | 'bus'> {
  readonly deployment: string;
  /** Null where nothing keeps a log. */
  readonly logs: CloudWatchLogsClient | null;
}

/** `gitferry redrive`: shows what ended among the dead letters, and moves it back. */
export function redrive(program: Command): void {
  const command = program
    .command('redrive')
    .summary('show dead letters, and move them back')
    .description(
      'Shows what was tried in vain until it was put aside, and moves it back once a person says so: changes, looks and ' +
        'notices to their queues, and what nudge could not tell to the bus. All of it is safe to do twice.',
    )
    .option('--stage <name>', 'a deployment on AWS, with its ordinary credentials; by default the stack that runs here')
    .option('--repository-name <name>', 'a further main repository of that deployment, by its name')
    .option('--region <name>', 'the region of AWS')
    .addOption(new Option('--queue <kind>', 'the dead letters of one queue alone').choices(KINDS))
    .option('--only <message id>', 'this message alone; may be repeated', (id, ids: string[] = []) => [...ids, id])
    .option('--most <count>', 'how many messages of each queue are read', count, 100)
    .option('--dry-run', 'show them, and move nothing')
    .option('--yes', 'move them without asking')
    .addOption(
      new Option('-o, --output <form>', 'text, or JSON, a line a message and a queue')
        .choices(['text', 'json'])
        .default('text'),
    );
  command.action(async (options: Options) => {
    if (options.dryRun && options.yes) command.error('error: --dry-run and --yes say the opposite of each other');
    await run(options, await targetOf(options, command));
  });
}

async function run(options: Options, target: Target): Promise<void> {
  const { only, most, output, dryRun } = options;
  const queues = await deadQueues(options, target);
  const read = await Promise.all(queues.map((queue) => peek(target.sqs, queue, most)));
  const letters = read.flat().filter(({ id }) => only?.includes(id) ?? true);
  const missing = (only ?? []).filter((id) => !letters.some((letter) => letter.id === id));
  if (missing.length > 0)
    throw new Rejected('LetterMissing', `No dead letter that was read is ${missing.join(' or ')}.`, {
      hint: 'Without --only all are shown; --most reads more of them.',
    });
  for (const queue of queues) await show(queue, letters, target, output);
  if (output === 'json')
    for (const [index, queue] of queues.entries())
      console.log(printableJson(countOf(queue, letters, read[index] ?? [])));
  const unread = queues.reduce((sum, { depth }, index) => sum + Math.max(0, depth - (read[index]?.length ?? 0)), 0);
  if (unread > 0 && output === 'text') console.log(`There are about ${unread} more, which --most would show.`);
  if (letters.length === 0 && output === 'text') console.log('There are no dead letters.');
  if (letters.length === 0 || dryRun) return;
  if (!(await mayMove(options, letters.length + (only === undefined ? unread : 0)))) return;
  const counter = output === 'text' && process.stderr.isTTY ? progress : () => {};
  const movers: Movers = { ...target, pause: () => wait(1000), progress: counter };
  for (const queue of queues) {
    const own = letters.filter((letter) => letter.queue === queue);
    if (own.length === 0) continue;
    const moved = await (only === undefined ? moveAll : moveSome)(queue, own, movers);
    console.log(output === 'json' ? printableJson({ queue: queue.name, moved }) : `${queue.name}: ${moved} moved back`);
  }
}

async function deadQueues({ queue }: Options, { sqs, deployment }: Target): Promise<readonly DeadQueue[]> {
  const found = await findDeadQueues(sqs, deployment, queue === undefined ? KINDS : [queue]);
  if (found.length > 0) return found;
  throw new Stalled('QueueMissing', `There is no queue gitferry-${deployment}-${queue ?? 'changes'}-dead.`, {
    hint: 'Check --stage, --repository-name and --region, and whose credentials these are.',
  });
}

async function show(
  queue: DeadQueue,
  all: readonly Letter[],
  { logs, deployment }: Target,
  output: Options['output'],
): Promise<void> {
  const letters = all.filter((letter) => letter.queue === queue);
  if (letters.length === 0) return;
  const failures =
    logs === null || queue.kind === 'nudge' ? new Map() : await firstFailures(logs, queue, deployment, letters);
  if (output === 'text') console.log(`${queue.name}:`);
  for (const letter of letters) {
    const { id, sent, received, body } = letter;
    const { what, reason } = contentOf(letter);
    const why = reason ?? failures.get(id) ?? null;
    const at = sent?.toISOString() ?? null;
    if (output === 'json') console.log(printableJson({ queue: queue.name, id, sent: at, received, what, why, body }));
    else {
      console.log(printable(`  ${at ?? 'at some time'}  ${what}`));
      console.log(
        printable(
          `    ${id}, received ${received === 1 ? 'once' : `${received} times`}${why === null ? '' : `; first: ${why}`}`,
        ),
      );
    }
  }
}

/** How many were shown, and about how many there are. */
function countOf(queue: DeadQueue, letters: readonly Letter[], read: readonly Letter[]) {
  const shown = letters.filter((letter) => letter.queue === queue).length;
  return { queue: queue.name, shown, depth: Math.max(queue.depth, read.length) };
}

async function mayMove({ yes, output }: Options, count: number): Promise<boolean> {
  if (yes) return true;
  if (output === 'json' || !process.stdin.isTTY || !process.stdout.isTTY)
    throw new Stalled('NotConfirmed', 'Nothing was moved.', {
      hint: 'Add --yes to move them, or --dry-run to only look, or run it on a terminal.',
    });
  if (await agree(process.stdin, process.stdout, `Move ${count} back?`)) return true;
  console.log('Nothing was moved.');
  process.exitCode = 1;
  return false;
}

function progress({ name }: DeadQueue, moved: number, all: number): void {
  process.stderr.write(`\r${name}: ${moved} of ${all}${moved >= all ? '\n' : ''}`);
}

async function targetOf({ stage, repositoryName, region }: Options, command: Command): Promise<Target> {
  if (stage === undefined) {
    if (repositoryName !== undefined || region !== undefined)
      command.error('error: --repository-name and --region go with --stage');
    const { endpoints, deployment } = await findRunning(process.cwd());
    const sqs = new SQSClient({ ...localAws, endpoint: endpoints.sqs });
    const events = new EventBridgeClient({ ...localAws, endpoint: endpoints.events });
    return { sqs, events, bus: `gitferry-${deployment}`, deployment, logs: null };
  }
  const about = region === undefined ? {} : { region };
  const deployment = repositoryName === undefined ? stage : `${stage}-${repositoryName}`;
  const [sqs, events] = [new SQSClient(about), new EventBridgeClient(about)];
  return { sqs, events, bus: `gitferry-${stage}`, deployment, logs: new CloudWatchLogsClient(about) };
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/u.test(text)) throw new InvalidArgumentError('It is a whole number from 1 to 9999.');
  return Number(text);
}
