// A plugin of `serverless`: `package` also writes standalone.json, a template that Terraform, CDK and the AWS CLI can deploy.
'use strict';
const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { standalone } = require('../deployment/standalone.cjs');

class Standalone {
  constructor(serverless, options) {
    this.serverless = serverless;
    this.options = options;
    this.hooks = { 'after:package:finalize': () => this.write() };
  }

  write() {
    const { serviceDir, service, processedInput } = this.serverless;
    if (processedInput.commands[0] !== 'package') return;
    const folder = join(serviceDir, this.options.package ?? service.package.path ?? '.serverless');
    const names = readdirSync(folder).filter((name) => name.endsWith('.zip'));
    const zips = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
    const template = standalone(service.provider.compiledCloudFormationTemplate, zips);
    writeFileSync(join(folder, 'standalone.json'), `${JSON.stringify(template)}\n`);
  }
}

module.exports = Standalone;
