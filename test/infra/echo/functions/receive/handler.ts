import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda';

/** Answers what it was given; throws, or answers what is no answer, when its path says so. */
export async function handler(event: LambdaFunctionURLEvent): Promise<LambdaFunctionURLResult> {
  if (event.rawPath === '/throw') throw new Error('told to throw');
  if (event.rawPath === '/nonsense') return { statusCode: 'x' } as never;
  const headers = { 'content-type': 'application/json', 'x-echo': 'yes' };
  if (event.rawPath === '/base64')
    return { statusCode: 201, headers, body: Buffer.from([0xff, 0]).toString('base64'), isBase64Encoded: true };
  return { statusCode: 202, headers, body: JSON.stringify(event) };
}
