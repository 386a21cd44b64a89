// A plugin of `serverless`: says at once all that is wrong with what a deployment is told, before anything is built.
'use strict';
const { tellingOf } = require('../deployment.cjs');
const { declared, meaningOf } = require('../deployment/parameters.cjs');
const { regionOf } = require('../deployment/region.cjs');

/** They ask AWS, somewhere. */
const ASKING = new Set(['deploy', 'info', 'remove']);

class Parameters {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { initialize: () => this.check() };
  }

  async check() {
    const { processedInput, classes } = this.serverless;
    const [command, further] = processedInput.commands;
    const faults = ASKING.has(command) ? await this.placeless() : [];
    // `deploy list` only looks.
    if ((command === 'deploy' || command === 'package') && further !== 'list')
      faults.push(...(await this.told(command)));
    if (faults.length > 0) throw new classes.Error(`gitferry can't ${command} like this:\n- ${faults.join('\n- ')}`);
  }

  async placeless() {
    const { options } = this.serverless.processedInput;
    if ((options.region ?? (await regionOf(options))) !== null) return [];
    return ['In which region of AWS? Add --region, such as --region eu-west-1, or set AWS_REGION.'];
  }

  async told(command) {
    const { service, processedInput } = this.serverless;
    const options = { stage: service.provider.stage, ...processedInput.options };
    const { faults, missing } = await tellingOf({ options });
    if (command === 'package' || missing.length === 0) return faults;
    const known = declared();
    const list = missing.map((name) => `${name} (${meaningOf(known[name])})`).join(' and ');
    const example = missing.map((name) => `--param="${name}=${known[name].example}"`).join(' ');
    const lack =
      `A deployment needs ${list}. Add ${example}, or write serverless.params.yml: ` +
      '`npm run -s gitferry -- init` asks what it needs.';
    return [...faults, lack];
  }
}

module.exports = Parameters;
