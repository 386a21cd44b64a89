import type { LambdaFunctionURLResult } from 'aws-lambda';
import { type FerryError, Rejected } from '../../shared/errors.ts';

/** What a refusal is to HTTP; whatever else is wrong with an event is a 400. */
const STATUS: Readonly<Record<string, number>> = {
  CallerUnproven: 401,
  DoorUnknown: 404,
  MethodWrong: 405,
  EventTooLarge: 413,
  ContentTypeWrong: 415,
};

export function answer(statusCode: number, body: Readonly<Record<string, unknown>>): LambdaFunctionURLResult {
  const headers = { 'content-type': 'application/json', ...(statusCode === 405 ? { allow: 'POST' } : {}) };
  return { statusCode, headers, body: `${JSON.stringify(body)}\n` };
}

export function statusOf(error: FerryError): number {
  return error instanceof Rejected ? (STATUS[error.reason] ?? 400) : 503;
}

/** Of what is not the sender's fault only the reason is told: the log has the rest. */
export function answerTo(error: FerryError): LambdaFunctionURLResult {
  const { reason, message: sentence, hint } = error;
  if (error instanceof Rejected) return answer(statusOf(error), { reason, sentence, hint });
  return answer(503, { reason, sentence: 'This can’t be taken now.', hint: 'Send it again later.' });
}
