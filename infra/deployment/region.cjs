// The region of a deployment where `--region` does not name one. `serverless` alone would take us-east-1, whatever else is set.
'use strict';
const { LambdaClient } = require('@aws-sdk/client-lambda');

/**
 * What AWS's own tools would take: `AWS_REGION`, `AWS_DEFAULT_REGION`, or the region of the profile; null for none.
 *
 * @param {{ 'aws-profile'?: string }} options of `serverless`
 * @returns {Promise<string | null>}
 */
async function regionOf({ 'aws-profile': profile }) {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const told = AWS_REGION || AWS_DEFAULT_REGION;
  if (told) return told;
  // The client only reads the profile.
  return new LambdaClient(profile === undefined ? {} : { profile }).config.region().catch(() => null);
}

module.exports = { regionOf };
