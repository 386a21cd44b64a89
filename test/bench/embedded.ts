// `npm run bench:mirror`: the embedded run, as `npm start` runs it: 1,000 uploads at once, and one after the other.
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { each } from '../../functions/mirror/each.ts';
import { makeRepository } from '../servers/git-repository.ts';
import { CONFIG, startStack } from '../servers/stack.ts';
import { median } from './measure.ts';

const MANY = 1000;
const SINGLE = 20;

const repository = await makeRepository({ 'gitferry.yaml': CONFIG });
const stack = await startStack({ repositories: repository.root });
try {
  // A push that is refused as stale comes by this hook as well.
  const counter = join(repository.dir, 'pushes');
  const hook = join(repository.dir, 'hooks', 'pre-receive');
  await writeFile(counter, '');
  await writeFile(hook, `#!/bin/sh\necho >> '${counter}'\n`);
  await chmod(hook, 0o755);
  const pushes = async (): Promise<number> => (await stat(counter)).size;
  const tip = (): Promise<string> => readFile(join(repository.dir, 'refs/heads/main'), 'utf8');
  const seconds = (since: number): number => (performance.now() - since) / 1000;

  await stack.put('config/first.yaml', 'first: 1\n');
  await stack.settled();

  const singles: number[] = [];
  for (let index = 0; index < SINGLE; index += 1) {
    const before = await tip();
    const begin = performance.now();
    await stack.put(`config/single-${index}.yaml`, `index: ${index}\n`);
    while ((await tip()) === before) await delay(1);
    singles.push(seconds(begin));
    await stack.settled();
  }
  console.log(
    `upload -> commit: median ${median(singles).toFixed(3)} s, maximum ${Math.max(...singles).toFixed(3)} s of ${SINGLE}`,
  );

  const earlier = await pushes();
  const from = await repository.git('rev-parse', 'main');
  const begin = performance.now();
  const keys = Array.from({ length: MANY }, (_, index) => `config/many/${index}.yaml`);
  await each(keys, (key) => stack.put(key, `key: ${key}\n`));
  const uploaded = seconds(begin);
  await stack.settled(300_000);
  const landed = seconds(begin);
  const commits = await repository.git('rev-list', '--count', `${from}..main`);
  console.log(
    `${MANY} uploads at once: ${commits} commits in ${(await pushes()) - earlier} pushes, all in Git after ${landed.toFixed(1)} s`,
  );
  console.log(`the uploads alone took ${uploaded.toFixed(1)} s`);
} finally {
  await stack.stop();
  await repository.remove();
}
