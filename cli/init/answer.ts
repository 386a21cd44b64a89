import { faultOf } from './parameters.ts';
import type { Answers, Question } from './questions.ts';

/** Asks a person, and answers what they said, sound by `fault`; null when they want no more. */
export type Ask = (
  question: Question,
  suggested: string | undefined,
  fault: (value: string) => string | null,
) => Promise<string | null>;

/** How to get answers that no option gave: by asking, by taking what is likely, or by defaults alone. */
export type Manner = Ask | 'likely' | 'defaults';

/** `missing`: names of questions that have no default and that nothing answered. `wrong`: a sentence for each value that is not sound. */
export type Outcome =
  | { readonly answers: Answers }
  | { readonly missing: readonly string[]; readonly wrong: readonly string[] };

/**
 * All answers; or what stands against them, all at once; or null, when the person who was asked gave up. What was given is
 * not asked, and looked at before anything is. What is empty is left out.
 */
export async function answer(questions: readonly Question[], given: Answers, manner: Manner): Promise<Outcome | null> {
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const fault = faultOf(name, value);
    return fault === null ? [] : [`${name}: ${fault}`];
  });
  if (wrong.length > 0) return { missing: [], wrong };
  const answers: Record<string, string> = {};
  const missing: string[] = [];
  for (const question of questions) {
    const found = await one(question, given, answers, manner);
    if (found === null) return null;
    if (found === undefined) missing.push(question.name);
    else answers[question.name] = found;
  }
  if (missing.length > 0) return { missing, wrong };
  const all = Object.entries({ ...answers, ...given }).filter(([, value]) => value !== '');
  return { answers: Object.fromEntries(all) };
}

async function one(question: Question, given: Answers, answers: Answers, manner: Manner) {
  const { name, initial, suggestion, matters } = question;
  const stated = given[name];
  if (stated !== undefined) return stated;
  if (matters?.(answers) === false) return '';
  if (manner === 'defaults') return initial?.(answers);
  const likely = initial?.(answers) ?? suggestion?.(answers);
  return manner === 'likely' ? likely : manner(question, likely, (value) => faultOf(name, value));
}
