import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Fault } from '../shared/config/fault.ts';
import { hintOf } from '../shared/config/hint.ts';
import { parseConfig } from '../shared/config/parse.ts';
import { Rejected } from '../shared/errors.ts';
import { printable } from '../shared/printable.ts';

/** `gitferry validate <file>`: every fault on a line of its own, as editors and CI read it, and below it what to do; exit status 1 if there is one. */
export function validate(program: Command): void {
  program
    .command('validate')
    .summary('check a gitferry.yaml')
    .description('Shows all faults of a gitferry.yaml at once, each with its line and column and what to do.')
    .argument('<file>', 'the file to check')
    .action(async (file: string) => {
      const { lines, sound } = judge(file, await readFile(file));
      console.log(lines.join('\n'));
      if (!sound) process.exitCode = 1;
    });
}

function judge(file: string, bytes: Uint8Array): { readonly lines: readonly string[]; readonly sound: boolean } {
  try {
    const { mirrors, images, releases } = parseConfig(bytes);
    const counts = [count(mirrors, 'mirror')];
    if (images.length > 0) counts.push(count(images, 'image'));
    if (releases.length > 0) counts.push(count(releases, 'rule for release files', 'rules for release files'));
    return { lines: [`${file}: no faults, ${counts.join(', ')}`], sound: true };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const { faults, count: all } = error.facts as { faults: readonly Fault[]; count: number };
    const lines = faults.flatMap(({ line, column, reason, message }) => [
      printable(`${file}:${line}:${column} ${reason} ${message}`),
      `  ${hintOf(reason)}`,
    ]);
    if (all > faults.length) lines.push(`${file}: and ${all - faults.length} more`);
    return { lines, sound: false };
  }
}

function count(rules: readonly unknown[], one: string, many = `${one}s`): string {
  return `${rules.length} ${rules.length === 1 ? one : many}`;
}
