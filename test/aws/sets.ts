import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOut, type Parameters } from './checkout.ts';
import type { Template } from './template.ts';

const NEEDED = { repository: 'https://git.example.com/fleet.git', bucket: 'acme-releases' };

/** Parameters that templates are looked at with: those that are needed, with as little as can be, and all that add something. */
export const SETS: Readonly<Record<string, Parameters>> = {
  default: NEEDED,
  closed: {
    ...NEEDED,
    webhooks: 'false',
    'decrypt-keys': 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
  },
  full: {
    ...NEEDED,
    'signing-secret': 'gitferry/production/signing',
    'registry-secret': 'gitferry/production/registries',
    'private-registries': 'registry.internal:5000',
    'ecr-repositories': 'arn:aws:ecr:eu-west-1:111122223333:repository/shop/*',
    'event-accounts': '111122223333,444455556666',
    clusters: 'eks:east,eks:west@eu-west-1,secret:gitferry/onprem',
    'nudge-secret': 'gitferry/production/nudge',
    'notify-secret': 'gitferry/production/notify',
    topic: 'arn:aws:sns:us-east-1:111122223333:people',
    'alarm-topic': 'arn:aws:sns:us-east-1:111122223333:oncall',
    'kms-key': 'create',
    'decrypt-keys': 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
    'vpc-subnets': 'subnet-0a1b2c3d4e5f60718,subnet-0a1b2c3d4e5f60719',
    'vpc-security-groups': 'sg-0a1b2c3d4e5f60718',
    'ledger-bucket': 'acme-ledger',
    tracing: 'active',
    'telemetry-layer': 'arn:aws:lambda:us-east-1:901920570463:layer:aws-otel-nodejs-arm64-ver-1-30-2:1',
    repositories: [
      {
        name: 'data',
        repository: 'https://git.example.com/data.git',
        bucket: 'acme-data-releases',
        clusters: 'eks:data',
      },
    ],
  },
};

export interface Packaged {
  readonly template: Template;
  /** The text of the template that Terraform, CDK and the AWS CLI deploy. */
  readonly standalone: string;
}

/** What `serverless package` makes of each set. */
export async function packagedSets(): Promise<ReadonlyMap<string, Packaged>> {
  const entries = Object.entries(SETS).map(async ([name, parameters]) => {
    await using checkout = await checkOut({ parameters });
    await checkout.serverless('package');
    const standalone = await readFile(join(checkout.root, '.serverless/standalone.json'), 'utf8');
    return [name, { template: await checkout.template(), standalone }] as const;
  });
  return new Map(await Promise.all(entries));
}
