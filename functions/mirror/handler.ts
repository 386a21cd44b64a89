import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { loadEnvironment } from '../../shared/config/load.ts';
import { run } from './run.ts';
import { wire } from './wire.ts';

let remaining = (): number => 0;
const { queue, deps } = wire(loadEnvironment(process.env), () => remaining());

export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event, context) => {
  remaining = () => context.getRemainingTimeInMillis();
  return run(event, queue, deps);
});
