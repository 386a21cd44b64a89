import type { Trouble } from './finding.ts';

/** What is said with a verdict. */
export interface Said {
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
}

/** Something of the unit fails, and it can't be told whether the release is to blame. */
export function inconclusive({ message, guilty }: Trouble): Said {
  return guilty === false
    ? {
        reason: 'UnhealthyBefore',
        message: `It failed before the release already. ${message}`,
        hint: 'Nothing is taken back. See to what is named; if the release was to mend it, it did not.',
      }
    : {
        reason: 'NotComparable',
        message: `Nothing shows whether it was in order before the release. ${message}`,
        hint: 'Nothing is taken back. If the release is to blame, take it back by a revert in Git.',
      };
}

export function timedOut(words: string): Said {
  return {
    reason: 'DeadlinePassed',
    message: `The deadline passed while it waited. ${words}`,
    hint: 'Look at what is named, or give the rollout a longer deadline in gitferry.yaml.',
  };
}
