// A plugin of `serverless`: has the buckets that were there before the deployment tell EventBridge of uploads.
'use strict';
const { S3Client } = require('@aws-sdk/client-s3');
const { turnEventsOn } = require('../deployment/bucket-events.cjs');
const { repositoriesOf, tellingOf } = require('../deployment.cjs');

class BucketEvents {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = { 'after:deploy:deploy': () => this.turnOn() };
  }

  async turnOn() {
    const { service, processedInput } = this.serverless;
    const repositories = repositoriesOf(
      await tellingOf({ options: { stage: service.provider.stage, ...processedInput.options } }),
    );
    const made = repositories.filter(({ creates }) => creates).map(({ bucket }) => bucket);
    const found = new Set(repositories.map(({ bucket }) => bucket).filter((bucket) => !made.includes(bucket)));
    if (found.size === 0) return;
    const provider = this.serverless.getProvider('aws');
    const config = await provider.getAwsSdkV3Config();
    // A bucket may stand in another region than the deployment.
    const s3 = new S3Client({ ...config, followRegionRedirects: true });
    for (const bucket of found) {
      const { said, warnings } = await turnEventsOn(s3, bucket, provider.getRegion());
      for (const sentence of said) this.log.notice(sentence);
      for (const sentence of warnings) this.log.warning(sentence);
    }
  }
}

module.exports = BucketEvents;
