// Deploys what `npx serverless package --stage production --region eu-west-1` made: docs/install.md says how.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';

const folder = process.env.GITFERRY_PACKAGE ?? '.serverless';
const app = new App();
const stack = new Stack(app, 'gitferry-production', { env: { region: 'eu-west-1' } });

const gitferry = new CfnInclude(stack, 'Gitferry', {
  templateFile: join(folder, 'standalone.json'),
  // Each function takes its code from an asset, below.
  parameters: { CodeBucket: '', CodePrefix: '' },
});

for (const file of readdirSync(folder).filter((name) => name.endsWith('.zip'))) {
  const name = file.replace('.zip', '');
  const asset = new Asset(stack, `${name}-code`, { path: join(folder, file) });
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
  const lambda = gitferry.getResource(id) as CfnFunction;
  lambda.code = { s3Bucket: asset.s3BucketName, s3Key: asset.s3ObjectKey };
}

// Anything of the template can be changed here, and used elsewhere.
new CfnOutput(stack, 'Webhooks', { value: gitferry.getOutput('ReceiveLambdaFunctionUrl').value });
