// Stands in functions for the AWS clients' chain of credential providers. Lambda gives a function its role's credentials in the
// environment and nowhere else; the chain brings 95 kB of clients of STS, SSO and instance metadata, and 6 ms at each start.
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
