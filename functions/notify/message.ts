import type { Told } from '../../shared/notice/told.ts';
import { printable } from '../../shared/printable.ts';
import { wordsOf } from './words.ts';

/** What a person is told. All of it is printable, and cut to lengths that every channel takes. */
export interface Message {
  /** `problem`: somebody should look; `recovered`: nobody has to any more; `news`: neither. */
  readonly severity: 'problem' | 'recovered' | 'news';
  /** One line, understood without the rest. */
  readonly subject: string;
  /** What happened, what gitferry did, what to do, and where to look; lines. */
  readonly text: string;
}

/** What a message is made of. */
export interface Words {
  readonly severity: Message['severity'];
  readonly subject: string;
  /** What happened, in the words of whoever found it. */
  readonly happened: string;
  /** What gitferry did about it; empty when there was nothing to do. */
  readonly did: string;
  /** What a person can do. */
  readonly hint: string;
}

const SUBJECT = 200;
const PARAGRAPH = 3000;
const FACT = 500;

/** Null for what people are not told of. `commitUrl`: where a commit can be looked at, null when nobody knows. */
export function messageOf(told: Told, recovered: boolean, commitUrl: (oid: string) => string | null): Message | null {
  const words = wordsOf(told, recovered);
  if (words === null) return null;
  const { severity, subject, happened, did, hint } = words;
  const paragraphs = [
    plain(happened, PARAGRAPH),
    did === '' ? '' : `gitferry: ${plain(did, PARAGRAPH)}`,
    hint === '' ? '' : `What to do: ${plain(hint, PARAGRAPH)}`,
    factsOf(told, commitUrl)
      .map(([name, value]) => `${name.padEnd(11)} ${plain(value, FACT)}`)
      .join('\n'),
  ];
  const text = paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
  return { severity, subject: plain(subject, SUBJECT), text: `${text}\n` };
}

/** What is the same on every channel, from what says most to what says least. */
function factsOf(told: Told, commitUrl: (oid: string) => string | null): readonly (readonly [string, string])[] {
  const { deployment, repository, branch, ...detail } = told.detail;
  const { commit, release, reverts, revertedBy, version, source, publisher, cluster, unit, reason } =
    detail as Readonly<Record<string, string | null | undefined>>;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['reason', reason],
    ['cluster', cluster],
    ['unit', unit],
    ['version', version],
    ['commit', commit && (commitUrl(commit) ?? commit)],
    ['release', release],
    ['takes back', reverts],
    ['taken back', revertedBy],
    ['source', source],
    ['publisher', publisher],
    ['repository', `${repository}, branch ${branch}`],
    ['deployment', deployment],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
}

/** On one line, without what would steer a reader's screen, and no longer than that. */
function plain(text: string, longest: number): string {
  const line = printable(text.replaceAll(/\s+/gu, ' ').trim());
  return line.length > longest ? `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/u, '')}…` : line;
}
