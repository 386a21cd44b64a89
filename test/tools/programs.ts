import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Which of these programs are not installed, as the reason to skip a test; false when all are. */
export async function lacking(...programs: readonly string[]): Promise<string | false> {
  const versions = programs.map((name) => execute(name, [name === 'helm' ? 'version' : '--version']));
  const missing = (await Promise.allSettled(versions)).flatMap(({ status }, at) =>
    status === 'rejected' ? [programs[at]] : [],
  );
  return missing.length > 0 && `not installed: ${missing.join(', ')}`;
}

/** What `aws` finds where no real credentials are asked for. */
export const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_DEFAULT_REGION: 'us-east-1',
};

/** `aws s3 cp`, at an endpoint that asks for no real credentials. */
export async function awsCopy(endpoint: string, file: string, to: string): Promise<void> {
  await execute('aws', ['--endpoint-url', endpoint, 's3', 'cp', file, to], { env: { ...process.env, ...CREDENTIALS } });
}
