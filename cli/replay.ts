import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Change } from '../shared/change/change.ts';
import { parseChanges } from '../shared/change/parse.ts';
import { Rejected } from '../shared/errors.ts';
import { printable } from '../shared/printable.ts';
import { sendToChanges } from './changes-queue.ts';

/** `gitferry replay <event.json>`: sends an event to the changes queue once more, as it is. */
export function replay(program: Command): void {
  program
    .command('replay')
    .summary('send an event to the changes queue again')
    .description('Sends an event from a file to the changes queue of the stack that runs here, whatever it holds.')
    .argument('<event>', 'a file with an event of S3, bare or in its envelope')
    .option('--queue <url>', 'a queue of AWS, with its ordinary credentials')
    .action(async (file: string, { queue }: { readonly queue?: string }) => {
      const body = await readFile(file, 'utf8');
      await sendToChanges(body, queue);
      console.log(printable(`sent: ${said(body)}`));
    });
}

/** What gitferry will make of an event. */
function said(body: string): string {
  try {
    const changes = parseChanges(body).map(placeOf);
    return changes.length === 0 ? 'no change' : changes.join(', ');
  } catch (error) {
    if (error instanceof Rejected) return `it will be rejected (${error.reason}: ${error.message})`;
    throw error;
  }
}

/** A change in a word or two. */
export function placeOf(change: Change): string {
  switch (change.kind) {
    case 'config':
      return 'gitferry.yaml';
    case 'image':
      return `${change.image}:${change.tag ?? '*'}`;
    case 'object':
      return `s3://${change.bucket}/${change.key}`;
    case 'prefix':
      return `s3://${change.bucket}/${change.prefix}`;
    case 'verdict':
      return `${change.unit} ${change.release}: ${change.verdict}`;
    case 'rollback':
      return `take back ${change.release}`;
    case 'lift':
      return `let ${change.unit} ${change.version} land`;
  }
}
