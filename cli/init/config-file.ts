import { stringify } from 'yaml';
import type { Answers } from './questions.ts';

/** A first gitferry.yaml: it takes charts from the bucket, and shows the rest in comments. */
export function configFile({ bucket: name, region, 'registry-secret': registries }: Answers): string {
  // One of digits alone would be a number.
  const bucket = stringify(name).trimEnd();
  const image = registries ? 'quay.io/acme/api' : `123456789012.dkr.ecr.${region}.amazonaws.com/shop/api`;
  return `# What gitferry carries into this repository, and to where. gitferry validate checks this file;
# gitferry's docs/configuration.md has every key.
apiVersion: gitferry.dev/v1
mirrors:
  - bucket: ${bucket}
    prefix: charts/                    # charts/podinfo-6.14.1.tgz
    chart: charts/{name}               # is unpacked to charts/podinfo, so that a diff can be reviewed
    # versions: ">=6.0.0 <7.0.0"       # of several, the highest in this range

  # Files as they are; of bundles (.tgz, .zip) what is in them.
  # - bucket: ${bucket}
  #   prefix: config/production/
  #   files: apps/production

# Of an image the best tag that is there is written where these files name it.
# images:
#   - image: ${image}
#     policy: { semver: ">=1.0.0 <2.0.0" }
#     files: ["apps/**/*.yaml"]
`;
}
