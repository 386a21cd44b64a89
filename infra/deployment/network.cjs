// The network that functions stand in which reach clusters with a private endpoint.
'use strict';
const { partsOf } = require('./parameters.cjs');

/** What Lambda does in the function's name to stand in a network. */
const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
  'ec2:UnassignPrivateIpAddresses',
];

/** The scope `network`; null of each without a network. */
function networkOf(parameters) {
  const subnetIds = partsOf(parameters['vpc-subnets']);
  const securityGroupIds = partsOf(parameters['vpc-security-groups']);
  if (subnetIds.length === 0) return { vpc: null, interfaces: null };
  return {
    vpc: { securityGroupIds, subnetIds },
    // Interfaces have no name before they are there: as in AWS's own policy for this, AWSLambdaVPCAccessExecutionRole.
    interfaces: [{ Effect: 'Allow', Action: INTERFACES, Resource: '*' }],
  };
}

module.exports = { networkOf };
