// Time-outs, memory and concurrency from infra/limits.yml, and what queues and mappings derive from them.
'use strict';
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');

/** Lambda advises a queue to hide a message for six times as long as its function may take. */
const VISIBILITY = 6;
const BATCH = 10;
/** Seconds in 14 days, the longest that SQS keeps anything: an outage may last, and so may a weekend. */
const RETENTION = 14 * 24 * 60 * 60;

/** `mirror.timeout`, `mirror.visibility`, …, `batch`, `retention`. `reserve`: whether concurrency is reserved in the account. */
function readLimits(reserve) {
  const limits = parse(readFileSync(join(__dirname, '../limits.yml'), 'utf8'));
  const each = Object.entries(limits).flatMap(([name, { timeout, memory, atOnce, tries = null }]) =>
    Object.entries({
      timeout,
      memory,
      atOnce,
      tries,
      visibility: VISIBILITY * timeout,
      reserved: reserve ? atOnce : null,
    }).map(([key, value]) => [`${name}.${key}`, value]),
  );
  return { ...Object.fromEntries(each), batch: BATCH, retention: RETENTION };
}

module.exports = { readLimits };
