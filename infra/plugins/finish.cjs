// A plugin of `serverless`: what its template has and should not, or lacks and has no setting for.
'use strict';
const { encryptionOf } = require('../deployment/encryption.cjs');
const { tellingOf } = require('../deployment.cjs');

class Finish {
  constructor(serverless) {
    this.serverless = serverless;
    // Listed after serverless-iam-roles-per-function, which makes the functions' roles in the same step.
    this.hooks = { 'before:package:finalize': () => this.finish() };
  }

  async finish() {
    const { service, processedInput } = this.serverless;
    const { Resources } = service.provider.compiledCloudFormationTemplate;
    // Every function has a role of its own.
    delete Resources.IamRoleLambdaExecution;
    const { first } = await tellingOf({ options: { stage: service.provider.stage, ...processedInput.options } });
    const { key } = encryptionOf(first);
    for (const resource of Object.values(Resources)) {
      const { Type, Properties } = resource;
      if (Type === 'AWS::IAM::Role') narrow(Properties);
      // That a function waits for its role is said by its naming it.
      if (Type === 'AWS::Lambda::Function')
        resource.DependsOn = resource.DependsOn.filter((id) => id !== Properties.Role['Fn::GetAtt'][0]);
      if (Type === 'AWS::Logs::LogGroup' && key !== null) Properties.KmsKeyId = key;
    }
  }
}

/** Of AWS's own policies there is none: what a function may do is among its statements. Its log group is there already. */
function narrow(role) {
  delete role.ManagedPolicyArns;
  for (const { PolicyDocument } of role.Policies)
    for (const statement of PolicyDocument.Statement)
      statement.Action = [statement.Action].flat().filter((action) => action !== 'logs:CreateLogGroup');
}

module.exports = Finish;
