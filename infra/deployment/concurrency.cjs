// Whether an account has room for the concurrency that a deployment reserves.
'use strict';

/** What AWS keeps for functions that reserve none. */
const UNRESERVED = 100;

/**
 * A sentence when it has not, else null.
 *
 * @param {number} quota concurrent executions of the account, in this region
 * @param {readonly number[]} reserved of each function
 */
function lackOf(quota, reserved) {
  const wanted = reserved.reduce((sum, one) => sum + one, 0);
  if (wanted === 0 || quota - wanted >= UNRESERVED) return null;
  return (
    `This account may run ${quota} functions at once, and AWS keeps ${UNRESERVED} of them for those that reserve none: ` +
    `${wanted} can't be reserved. Ask for a higher quota of concurrent executions, or add --param="reserved-concurrency=false".`
  );
}

module.exports = { lackOf };
