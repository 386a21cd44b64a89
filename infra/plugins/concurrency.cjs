// A plugin of `serverless`: says before anything is changed that an account is too small to reserve concurrency in.
'use strict';
const { GetAccountSettingsCommand, LambdaClient } = require('@aws-sdk/client-lambda');
const { lackOf } = require('../deployment/concurrency.cjs');

class Concurrency {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { 'before:deploy:deploy': () => this.check() };
  }

  async check() {
    const functions = Object.values(this.serverless.service.functions);
    const reserved = functions.flatMap(({ reservedConcurrency = 0 }) => reservedConcurrency);
    const client = new LambdaClient(await this.serverless.getProvider('aws').getAwsSdkV3Config());
    const quota = await client.send(new GetAccountSettingsCommand({})).then(
      ({ AccountLimit }) => AccountLimit?.ConcurrentExecutions ?? null,
      // Whoever may deploy may not be allowed to ask this: CloudFormation says it then, in its own words.
      () => null,
    );
    const lack = quota === null ? null : lackOf(quota, reserved);
    if (lack !== null) throw new this.serverless.classes.Error(lack);
  }
}

module.exports = Concurrency;
