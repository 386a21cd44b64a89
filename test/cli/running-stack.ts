import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { localAws } from '../../cli/running.ts';
import type { Files } from '../servers/git-repository.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';

/** What the command line needs of a running stack: its bucket, its queue, its repository and `.gitferry/run.json`. */
export interface RunningStack {
  readonly folder: string;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly queue: string;
  readonly git: GitServer;
  close(): Promise<void>;
}

export async function startRunningStack(files: Files): Promise<RunningStack> {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-cli-'));
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  const git = await startGitServer(files);
  const s3 = new S3Client({ ...localAws, endpoint, forcePathStyle: true });
  const sqs = new SQSClient({ ...localAws, endpoint });
  await s3.send(new CreateBucketCommand({ Bucket: 'releases' }));
  const { QueueUrl: queue = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'changes' }));
  await mkdir(join(folder, '.gitferry'));
  const run = {
    endpoints: { s3: endpoint, sqs: endpoint, events: endpoint, git: git.url },
    bucket: 'releases',
    queue,
    repository: git.repository.dir,
    branch: 'main',
    deployment: 'local',
    pid: process.pid,
  };
  await writeFile(join(folder, '.gitferry', 'run.json'), JSON.stringify(run));
  return {
    folder,
    s3,
    sqs,
    queue,
    git,
    close: async () => {
      s3.destroy();
      sqs.destroy();
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
      await git.close();
      await rm(folder, { recursive: true });
    },
  };
}
