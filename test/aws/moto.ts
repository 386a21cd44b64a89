import { join } from 'node:path';
import { ACCOUNT, REGION } from '../../infra/local/definitions.ts';
import { CREDENTIALS } from '../../infra/local/queues.ts';
import { freePort } from '../cluster/ports.ts';
import { ready, start } from '../cluster/process.ts';
import { awsParts } from './parts.ts';

/** AWS as moto plays it, on this machine. */
export interface Moto {
  readonly url: string;
  /** What programs find AWS by. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts moto, empty; `logs` is the folder of its log. */
export async function startMoto(logs: string): Promise<Moto> {
  const { python } = await awsParts();
  const port = await freePort();
  const running = await start({
    name: 'moto',
    program: python,
    args: [join(import.meta.dirname, 'moto-server.py'), String(port)],
    // So that addresses of queues are those that the embedded run's poller reads.
    env: { MOTO_ACCOUNT_ID: ACCOUNT, MOTO_PORT: String(port) },
    logs,
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(running, async () => (await fetch(`${url}/moto-api/data.json`)).ok);
  return {
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    stop: () => running.stop(),
  };
}
