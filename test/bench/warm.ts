// Lands commits one after another in one process, as a warm function does, and prints what each cost.
import type { Draft } from '../../shared/git/draft.ts';
import { land } from '../../shared/git/land.ts';
import { type GitObject, oidOf } from '../../shared/git/object.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';

const identity = { name: 'Bench', email: 'bench@example.org', seconds: 1_700_000_000, zone: '+0000' };

function putting(paths: readonly string[], text: string) {
  return async (draft: Draft): Promise<void> => {
    const blob: GitObject = { type: 'blob', bytes: Buffer.from(text) };
    const oid = oidOf(blob);
    const edits = new Map(paths.map((path) => [path, { mode: '100644', oid }]));
    await draft.open(paths);
    await draft.commit({ edits, objects: new Map([[oid, blob]]), message: 'Bench\n', identity, signer: null });
  };
}

async function main(url: string, times: number, paths: readonly string[]): Promise<void> {
  const costs: { wall: number; cpu: number; requests: number; sent: number; received: number }[] = [];
  for (let i = 0; i < times; i++) {
    const count = { requests: 0, sent: 0, received: 0 };
    // A new client each time: what is warm is the process.
    const remote = new SmartHttp({
      url,
      onTraffic: ({ requests, sent, received }) => {
        count.requests += requests;
        count.sent += sent;
        count.received += received;
      },
    });
    const [begin, cpu] = [performance.now(), process.cpuUsage()];
    await land(remote, 'refs/heads/main', putting(paths, `run ${process.pid} ${i}\n`));
    const { user, system } = process.cpuUsage(cpu);
    costs.push({ wall: (performance.now() - begin) / 1000, cpu: (user + system) / 1e6, ...count });
  }
  console.log(JSON.stringify(costs.slice(1)));
}

const [url = '', times = '', ...paths] = process.argv.slice(2);
main(url, Number(times), paths).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
