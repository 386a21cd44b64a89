// A plugin of `serverless`: says what stays behind a deployment that is removed.
'use strict';
const { GetTemplateCommand, paginateListStackResources } = require('@aws-sdk/client-cloudformation');
const { remainsOf } = require('../deployment/remains.cjs');

class Remains {
  constructor(serverless, _options, { log }) {
    this.provider = serverless.getProvider('aws');
    this.log = log;
    this.remains = null;
    this.hooks = {
      'before:remove:remove': () => this.look(),
      'after:remove:remove': () => this.say(),
    };
  }

  /** What was deployed says it, not what a deployment would be told now. */
  async look() {
    const client = await this.provider.getCloudFormationClient();
    const StackName = this.provider.naming.getStackName();
    try {
      const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName }));
      const physicalIds = {};
      for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
        for (const { LogicalResourceId, PhysicalResourceId } of StackResourceSummaries)
          physicalIds[LogicalResourceId] = PhysicalResourceId;
      this.remains = remainsOf(JSON.parse(TemplateBody), physicalIds);
    } catch {
      // Removing goes on: that alone was asked for.
    }
  }

  say() {
    const found = this.remains ?? ['buckets', 'a KMS key of its own', 'the ledger’s branch in Git', 'secrets'];
    this.log.notice(['', 'What holds data stays:', ...found.map((one) => `- ${one}`)].join('\n'));
    this.log.notice(
      'Buckets still tell EventBridge, since others may listen. To deploy again with what stays, use create-bucket=false, ' +
        'create-ledger-bucket=false and the ARN of the key as kms-key.',
    );
  }
}

module.exports = Remains;
