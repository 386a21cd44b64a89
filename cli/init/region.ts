import { faultOf } from './parameters.ts';

/** What `npx serverless deploy` takes without `--region`: the region of the environment, or of the profile; undefined for none. */
export async function regionOf({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): Promise<string | undefined> {
  const region = AWS_REGION || AWS_DEFAULT_REGION || (await ofProfile());
  return faultOf('region', region) === null ? region : undefined;
}

/** A client looks for it where all of AWS's tools do. It is slow to load. */
async function ofProfile(): Promise<string> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  return new SQSClient({}).config.region().catch(() => '');
}
