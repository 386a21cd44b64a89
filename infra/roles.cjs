// A plugin of `serverless`: every function has a role of its own, so the one that they would share is left out.
'use strict';

class Roles {
  constructor(serverless) {
    this.hooks = {
      // Listed after serverless-iam-roles-per-function, which makes the functions' roles in the same step.
      'before:package:finalize': () => {
        delete serverless.service.provider.compiledCloudFormationTemplate.Resources.IamRoleLambdaExecution;
      },
    };
  }
}

module.exports = Roles;
