import type { SQSEvent } from 'aws-lambda';
import { loadEnvironment } from '../../shared/config/load.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { run } from './run.ts';
import { wire } from './wire.ts';

const { log, telemetry, remaining, handle } = observe('mirror', process.env);
const { queue, deps } = wire(loadEnvironment(process.env), remaining, { log, telemetry });

export const handler = handle((event: SQSEvent) => run(event, queue, deps));
