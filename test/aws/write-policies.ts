// `npm run policies`: writes what the policies of a deployment allow, for review. The diff is what is reviewed.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { policyLines, policyText } from './policies.ts';
import { packagedSets } from './sets.ts';

const folder = join(import.meta.dirname, 'policies');
await mkdir(folder, { recursive: true });
for (const [set, { template }] of await packagedSets())
  await writeFile(join(folder, `${set}.txt`), policyText(policyLines(template)));
