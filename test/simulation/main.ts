import { parseArgs } from 'node:util';
import fc from 'fast-check';
import type { Action } from './actions.ts';
import { CASTS, play } from './simulate.ts';

/** `npm run simulate -- --steps N [--seed S]`: plays histories until N steps are done; prints the seed it began with. */
const { values } = parseArgs({ options: { steps: { type: 'string', default: '50000' }, seed: { type: 'string' } } });
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
const wanted = Number(values.steps);
let done = 0;
let runs = 0;

console.log(`seed ${seed}`);
while (done < wanted)
  for (const { cast, rules, actions, check } of CASTS) {
    const property = fc.asyncProperty(actions, fc.boolean(), async (history: Action[], atomic) => {
      done += history.length;
      runs += 1;
      await check(await play(history, atomic, rules, cast));
    });
    await fc.assert(property, { numRuns: 50, seed: seed + runs });
  }
console.log(`${done} steps in ${runs} histories hold`);
