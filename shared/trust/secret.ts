import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Retryable, Stalled } from '../errors.ts';

/** Reads a secret's text. Throws Stalled when it is missing or denied, Retryable when the store does not answer. */
export async function readSecret(client: SecretsManagerClient, id: string): Promise<string> {
  const answer = await client.send(new GetSecretValueCommand({ SecretId: id })).catch((cause: unknown) => {
    const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
    if (name === 'ResourceNotFoundException' || name === 'AccessDeniedException' || $metadata?.httpStatusCode === 400)
      throw new Stalled('SecretUnreadable', `The secret ${id} can't be read (${name}).`, {
        hint: 'Create it, or let the role of this function read it.',
        cause,
      });
    throw new Retryable('SecretStoreUnavailable', 'The secret store did not answer as it should.', { cause });
  });
  return answer.SecretString ?? '';
}
