// A plugin of `serverless`: says at once all that is wrong with what a deployment is told, before anything is built.
'use strict';
const { tellingOf } = require('../deployment.cjs');
const { declared, meaningOf } = require('../deployment/parameters.cjs');

class Parameters {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { initialize: () => this.check() };
  }

  async check() {
    const { service, processedInput, classes } = this.serverless;
    const [command, further] = processedInput.commands;
    // `deploy list` only looks.
    if ((command !== 'deploy' && command !== 'package') || further === 'list') return;
    const options = { stage: service.provider.stage, ...processedInput.options };
    const { faults, missing } = await tellingOf({ options });
    if (faults.length > 0) throw new classes.Error(`gitferry can't be deployed like this:\n- ${faults.join('\n- ')}`);
    if (command === 'package' || missing.length === 0) return;
    const known = declared();
    const list = missing.map((name) => `${name} (${meaningOf(known[name])})`).join(' and ');
    const example = missing.map((name) => `--param="${name}=${known[name].example}"`).join(' ');
    throw new classes.Error(
      `gitferry can't be deployed without ${list}. Add ${example}, or write serverless.params.yml: \`npm run gitferry -- init\` asks what it needs.`,
    );
  }
}

module.exports = Parameters;
