// The network that functions stand in which reach clusters with a private endpoint.
'use strict';
const { functionArn } = require('./arns.cjs');
const { partsOf } = require('./parameters.cjs');

/** What Lambda does by the function's role so that it stands in a network: as AWS's own AWSLambdaVPCAccessExecutionRole has it. */
const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** The scope `network` of a function of this name; null of each without a network. */
function networkOf(parameters, functionName) {
  const subnetIds = partsOf(parameters['vpc-subnets']);
  const securityGroupIds = partsOf(parameters['vpc-security-groups']);
  if (subnetIds.length === 0) return { vpc: null, interfaces: null };
  return {
    vpc: { securityGroupIds, subnetIds },
    interfaces: [
      // Interfaces have no name before they are there.
      { Effect: 'Allow', Action: INTERFACES, Resource: '*' },
      // That is for Lambda alone: the function's own code may do none of it.
      {
        Effect: 'Deny',
        Action: INTERFACES,
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': functionArn(functionName) } },
      },
    ],
  };
}

module.exports = { networkOf };
