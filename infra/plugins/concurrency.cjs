// A plugin of `serverless`: says before anything is changed that an account is too small to reserve concurrency in.
'use strict';
const { LambdaClient } = require('@aws-sdk/client-lambda');
const { lackOf, roomFor } = require('../deployment/concurrency.cjs');

class Concurrency {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { 'before:deploy:deploy': () => this.check() };
  }

  async check() {
    const functions = Object.values(this.serverless.service.functions);
    const reserved = functions.flatMap(({ reservedConcurrency = 0 }) => reservedConcurrency);
    const client = new LambdaClient(await this.serverless.getProvider('aws').getAwsSdkV3Config());
    const names = functions.map(({ name }) => name);
    const room = await roomFor(client, names);
    const lack = room === null ? null : lackOf(room, reserved);
    if (lack !== null) throw new this.serverless.classes.Error(lack);
  }
}

module.exports = Concurrency;
