import { createTwoFilesPatch } from 'diff';
import type { CommitPreview, FilePreview, Version } from '../functions/mirror/preview.ts';

/**
 * Commits as one patch that `git apply` takes: each one's first line, then its files. A byte a character, whatever the
 * files' encoding is.
 */
export function renderPatch(commits: readonly CommitPreview[]): string {
  return commits
    .map(({ message, files }) => `# ${latin1(message.split('\n')[0] ?? '')}\n${files.map(renderFile).join('')}`)
    .join('');
}

/** Bytes that are text in git's sense: no NUL near their beginning. */
function isText(version: Version | null): boolean {
  return version === null || !version.bytes.subarray(0, 8000).includes(0);
}

function renderFile({ path, before, after }: FilePreview): string {
  const [old, fresh] = [quoted(`a/${path}`), quoted(`b/${path}`)];
  const head = [`diff --git ${old} ${fresh}`, ...modes(before, after)];
  if (before?.oid === after?.oid) return `${head.join('\n')}\n`;
  head.push(`index ${before?.oid ?? '0'.repeat(40)}..${after?.oid ?? '0'.repeat(40)}`);
  const [from, to] = [before === null ? '/dev/null' : old, after === null ? '/dev/null' : fresh];
  if (!isText(before) || !isText(after)) return `${head.join('\n')}\nBinary files ${from} and ${to} differ\n`;
  const patch = createTwoFilesPatch(from, to, textOf(before), textOf(after), '', '', { context: 3 });
  const body = patch.slice(patch.indexOf('@@'));
  // An empty file comes or goes without any line.
  if (!patch.includes('@@')) return `${head.join('\n')}\n`;
  return `${head.join('\n')}\n--- ${from}\n+++ ${to}\n${body}`;
}

function modes(before: Version | null, after: Version | null): string[] {
  if (before === null) return [`new file mode ${after?.mode}`];
  if (after === null) return [`deleted file mode ${before.mode}`];
  return before.mode === after.mode ? [] : [`old mode ${before.mode}`, `new mode ${after.mode}`];
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function textOf(version: Version | null): string {
  return Buffer.from(version?.bytes ?? []).toString('latin1');
}

/** A path as git quotes it where it holds more than plain characters. */
function quoted(path: string): string {
  const bytes = [...Buffer.from(path)].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte);
  });
  const text = bytes.join('');
  return text === path ? text : `"${text}"`;
}
