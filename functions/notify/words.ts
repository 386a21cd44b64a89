import type { Told, Verdict } from '../../shared/notice/told.ts';
import type { Words } from './message.ts';

/** What is said of a notice; null for a plain landing, which only the state of its commit tells. */
export function wordsOf(told: Told, recovered: boolean): Words | null {
  const subject = (what: string): string => `${told.detail.deployment}: ${what}`;
  if (told.type === 'Verdict') return verdictWords(told.detail, recovered, subject);
  if (told.type === 'Landed') {
    const { reverts, summary } = told.detail;
    if (reverts === null) return null;
    const happened = `The commit "${summary}" takes back release ${reverts}.`;
    return news(subject(`${nameOf(told.detail)} was taken back`), happened, 'It is followed like any other release.');
  }
  if (told.type === 'Drift') {
    const { cluster, gone, message, hint, object } = told.detail;
    // The cluster itself, which could not be looked at.
    if (object.apiVersion === '') {
      if (gone)
        return { ...news(subject(`${cluster} is compared with Git again`), message, ''), severity: 'recovered' };
      return problem(subject(`${cluster} can't be compared with Git`), message, '', hint);
    }
    const name = `${object.kind} ${object.namespace === null ? '' : `${object.namespace}/`}${object.name}`;
    if (gone)
      return { ...news(subject(`${name} in ${cluster} is as in Git again`), message, ''), severity: 'recovered' };
    return problem(subject(`${name} in ${cluster} is not what Git says`), message, '', hint);
  }
  if (told.type === 'NudgeFailed') {
    const { cluster, message, hint } = told.detail;
    const did = 'Releases land as ever; the cluster finds them by its own clock, later.';
    return problem(subject(`${cluster} can't be told of releases`), message, did, hint);
  }
  return outcomeWords(told, subject);
}

type Outcome = Extract<Told, { readonly type: 'Rejected' | 'Waiting' | 'TakenBack' | 'Stalled' }>;

function outcomeWords(told: Outcome, subject: Subject): Words {
  const name = nameOf(told.detail);
  if (told.type === 'TakenBack') {
    const happened = `A person set back ${told.detail.paths.slice(0, 10).join(', ') || name}.`;
    return news(
      subject(`a person took ${name} back`),
      happened,
      'What was released there is held, and does not return.',
    );
  }
  const { reason, message, hint } = told.detail;
  if (told.type === 'Rejected')
    return problem(subject(`${name} was rejected: ${reason}`), message, 'Nothing of it landed.', hint);
  if (told.type === 'Waiting')
    return problem(subject(`${name} waits for a person: ${reason}`), message, 'Nothing of it landed yet.', hint);
  const did = 'Nothing lands until it is mended; what comes meanwhile is kept, and lands then.';
  return problem(subject(`gitferry can't go on: ${reason}`), message, did, hint);
}

type Subject = (what: string) => string;

function verdictWords(detail: Verdict, recovered: boolean, subject: Subject): Words {
  const { verdict, message, hint } = detail;
  const name = nameOf(detail);
  const again = detail.reverts === null ? '' : ', as it was before';
  if (verdict === 'delivered' && recovered)
    return { ...news(subject(`${name} has recovered${again}`), message, ''), severity: 'recovered' };
  if (verdict === 'delivered') return news(subject(`${name} is delivered${again}`), message, '');
  if (verdict === 'superseded') return news(subject(`${name} was followed by a newer release`), message, '');
  const [short, did] = doneAbout(detail);
  if (verdict === 'inconclusive')
    return problem(subject(`nobody can tell whether ${name} is delivered`), message, did, hint);
  const what = verdict === 'failed' ? 'FAILED' : 'DID NOT FINISH IN TIME';
  return problem(subject(`${name} ${what}${short}`), message, did, hint);
}

/** What became of it by its rule: in a few words, and in a sentence. */
function doneAbout({ verdict, onFailure, revertedBy }: Verdict): readonly [string, string] {
  if (revertedBy !== null) return [' and was taken back', `It was taken back by release ${revertedBy}.`];
  if (verdict === 'inconclusive') return ['', 'It stands as it landed: nothing is taken back on a guess.'];
  if (onFailure === 'revert') return ['', 'It could not be taken back, or not yet.'];
  if (onFailure === 'hold') return [' and stands', 'It stands as it landed; nothing further of it lands.'];
  return [' and stands', 'It stands as it landed: its rule asks for no more than to tell you.'];
}

function problem(subject: string, happened: string, did: string, hint: string): Words {
  return { severity: 'problem', subject, happened, did, hint };
}

function news(subject: string, happened: string, did: string): Words {
  return { severity: 'news', subject, happened, did, hint: '' };
}

/** A unit as people call it: `web 1.4.0`. */
function nameOf({ unit, source, version }: { unit: string | null; source: string | null; version?: string | null }) {
  const name = unit?.replace(/^[^#]*#/u, '') || source?.replace(/^.*\//u, '') || 'an upload';
  return version ? `${name} ${version}` : name;
}
