// A plugin of `serverless`: `package` also writes standalone.json, a template that Terraform, CDK and the AWS CLI can deploy.
'use strict';
const { readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { standalone } = require('../deployment/standalone.cjs');
const { tellingOf } = require('../deployment.cjs');

class Standalone {
  constructor(serverless, options, { log }) {
    this.serverless = serverless;
    this.options = options;
    this.log = log;
    this.hooks = { 'after:package:finalize': () => this.write() };
  }

  async write() {
    const { serviceDir, service, processedInput } = this.serverless;
    if (processedInput.commands[0] !== 'package') return;
    const folder = join(serviceDir, this.options.package ?? service.package.path ?? '.serverless');
    const file = join(folder, 'standalone.json');
    rmSync(file, { force: true });
    const { missing } = await tellingOf({ options: { stage: service.provider.stage, ...processedInput.options } });
    // All parameters are filled in by now: what lacks one could be deployed, and would not run.
    if (missing.length > 0)
      return this.log.notice(`No standalone.json was written, since it lacks ${missing.join(' and ')}.`);
    const names = readdirSync(folder).filter((name) => name.endsWith('.zip'));
    const zips = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
    const template = standalone(service.provider.compiledCloudFormationTemplate, zips);
    writeFileSync(file, `${JSON.stringify(template)}\n`);
  }
}

module.exports = Standalone;
