import { partsOf } from '../image/image.ts';

/** Where an image of ECR is, read from its name. */
export interface EcrPlace {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  readonly fips: boolean;
  readonly repository: string;
}

const HOST =
  /^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z]{2}[a-z0-9-]{1,30})\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/u;

/** Null for images that are not in a private registry of ECR. */
export function ecrPlace(image: string): EcrPlace | null {
  const { registry, repository } = partsOf(image);
  const [, account, fips, region] = HOST.exec(registry) ?? [];
  if (account === undefined || region === undefined) return null;
  return { account, region, fips: fips !== undefined, repository };
}

/** The repository as policies name it. */
export function arnOf({ account, region, repository }: EcrPlace): string {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return `arn:${partition}:ecr:${region}:${account}:repository/${repository}`;
}
