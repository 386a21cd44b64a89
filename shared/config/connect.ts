import { ECRClient } from '@aws-sdk/client-ecr';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { History, Remote } from '../git/remote.ts';
import { SmartHttp } from '../git/smart-http.ts';
import { ecrImages } from '../source/ecr.ts';
import { type Images, imagesBy } from '../source/images.ts';
import { ociRegistry } from '../source/registry.ts';
import { readSecret } from '../trust/secret.ts';
import { readSigningKey, type Signer } from '../trust/signing.ts';
import { authorizationOf, parseCredentials } from './credentials.ts';
import type { Environment } from './load.ts';
import { registryCredentials } from './registries.ts';

/** The main repository that the environment names; its credentials are read when first asked for, and again after a 401. */
export function connect(
  environment: Pick<Environment, 'repository' | 'credentialsSecret' | 'credentials'>,
  secrets: SecretsManagerClient,
  remaining: () => number,
): Remote & History {
  const { repository, credentialsSecret, credentials } = environment;
  return new SmartHttp({
    url: repository,
    remaining,
    credentials: async () => {
      if (credentialsSecret === null)
        return credentials === null ? null : { authorization: authorizationOf(credentials) };
      return { authorization: authorizationOf(parseCredentials(await readSecret(secrets, credentialsSecret))) };
    },
  });
}

/** The registries of images: ECR by the function's role, all others by the credentials that the environment names. */
export function connectImages(
  environment: Pick<Environment, 'registriesSecret' | 'registries' | 'privateRegistries'>,
  secrets: SecretsManagerClient,
  remaining: () => number,
): Images {
  const { privateRegistries } = environment;
  const credentials = registryCredentials(environment, secrets);
  return imagesBy(
    ecrImages((region, fips) => new ECRClient({ region, useFipsEndpoint: fips }), remaining),
    ociRegistry({ credentials, privateRegistries, remaining }),
  );
}

/** The key that commits are signed with; null when none is configured, never when one can't be read. */
export function loadSigner(environment: Environment, secrets: SecretsManagerClient): () => Promise<Signer | null> {
  const { signingKeySecret, signingKey } = environment;
  let signer: Signer | null = null;
  return async () => {
    if (signer !== null || (signingKeySecret === null && signingKey === null)) return signer;
    signer = readSigningKey(
      signingKeySecret === null ? (signingKey ?? '') : await readSecret(secrets, signingKeySecret),
    );
    return signer;
  };
}
