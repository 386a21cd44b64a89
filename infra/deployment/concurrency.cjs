// Whether an account has room for the concurrency that a deployment reserves.
'use strict';
const { GetAccountSettingsCommand, GetFunctionConcurrencyCommand } = require('@aws-sdk/client-lambda');

/** What AWS keeps for functions that reserve none. */
const UNRESERVED = 100;

/**
 * How much of the account's concurrency is left in this region: what no function has reserved, and what these have already.
 * Null where whoever deploys may not ask; CloudFormation says it then, in its own words.
 *
 * @param {import('@aws-sdk/client-lambda').LambdaClient} client
 * @param {readonly string[]} names of the functions, whether they are there yet or not
 * @returns {Promise<number | null>}
 */
async function roomFor(client, names) {
  const ownOf = async (FunctionName) => {
    try {
      const { ReservedConcurrentExecutions = 0 } = await client.send(
        new GetFunctionConcurrencyCommand({ FunctionName }),
      );
      return ReservedConcurrentExecutions;
    } catch (error) {
      if (error.name === 'ResourceNotFoundException') return 0;
      throw error;
    }
  };
  try {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
    const own = await Promise.all(names.map(ownOf));
    return own.reduce((sum, one) => sum + one, AccountLimit.UnreservedConcurrentExecutions);
  } catch {
    return null;
  }
}

/**
 * A sentence when there is too little, else null.
 *
 * @param {number} room
 * @param {readonly number[]} reserved of each function
 */
function lackOf(room, reserved) {
  const wanted = reserved.reduce((sum, one) => sum + one, 0);
  if (wanted === 0 || room - wanted >= UNRESERVED) return null;
  return (
    `This account has ${room} concurrent executions in this region that no other function has reserved, and AWS keeps ` +
    `${UNRESERVED} of them for those that reserve none: ${wanted} can't be reserved. Ask for a higher quota of concurrent ` +
    'executions, or add --param="reserved-concurrency=false".'
  );
}

module.exports = { lackOf, roomFor };
