// A plugin of `serverless`: says in one sentence what a deployment still needs, before anything is built.
'use strict';

const needed = {
  repository: 'the main repository, as an https address without credentials',
  bucket: 'the bucket that CI drops charts and configuration into',
};

class Parameters {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { initialize: () => this.check() };
  }

  check() {
    const { commands } = this.serverless.processedInput;
    if (commands[0] !== 'deploy') return;
    const { parameters } = this.serverless.service.custom;
    const missing = Object.keys(needed).filter((name) => !parameters[name]);
    if (missing.length === 0) return;
    const list = missing.map((name) => `${name} (${needed[name]})`).join(' and ');
    const example = missing.map((name) => `--param="${name}=..."`).join(' ');
    throw new this.serverless.classes.Error(`gitferry can't be deployed without ${list}. Add ${example}.`);
  }
}

module.exports = Parameters;
