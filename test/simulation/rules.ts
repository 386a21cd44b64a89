import { API, WEB } from './uploads.ts';

/** The rules that people switch between. */
export interface Rules {
  readonly charts: string;
  readonly files: string;
  readonly versions: string | null;
  readonly onDelete: 'keep' | 'remove';
  readonly onEdit: 'hold' | 'overwrite';
  readonly allowRepublish?: boolean;
  readonly broken: boolean;
  readonly images: ImageRules | null;
  /** How long a release file waits for what it names; null where there are none. */
  readonly deadline?: string | null;
  /** What becomes of a release that failed; revert, where it is not said. */
  readonly onFailure?: 'revert' | 'hold' | 'notify';
}

/** Two policies: of one image the best version, of another what one tag points to. */
export interface ImageRules {
  readonly name: string;
  readonly semver: string;
  readonly glob: string;
  readonly pin: 'digest' | 'tag';
  readonly onEdit: 'hold' | 'overwrite';
}

/** Globs that mean all that is mirrored, and some of it. */
export const GLOBS = { all: '{apps,apps2,charts,charts2}/**', some: 'apps/*.yaml' };

/** Whether the policies keep the references of a file. */
export function isCovered({ images }: Rules, path: string): boolean {
  if (images === null) return false;
  return images.glob === GLOBS.all ? /^(?:apps|charts)2?\/.*\.yaml$/u.test(path) : /^apps\/[^/]*\.yaml$/u.test(path);
}

export const FIRST_RULES: Rules = {
  charts: 'charts/{name}',
  files: 'apps',
  versions: null,
  onDelete: 'keep',
  onEdit: 'hold',
  broken: false,
  images: null,
};

export const IMAGE_RULES: Rules = {
  ...FIRST_RULES,
  images: {
    name: 'flux-system:api',
    semver: '>=1.0.0 <3.0.0',
    glob: GLOBS.all,
    pin: 'digest',
    onEdit: 'hold',
  },
};

export const RELEASE_RULES: Rules = { ...IMAGE_RULES, deadline: '1h' };

/** The name of the policy that follows a tag of WEB. */
const WEB_POLICY = 'flux-system:web';

/** The image of each policy, by its name. */
export function policiesOf({ images }: Rules): ReadonlyMap<string, string> {
  return new Map(
    images === null
      ? []
      : [
          [images.name, API],
          [WEB_POLICY, WEB],
        ],
  );
}

/** `gitferry.yaml` with these rules. */
export function configText(rules: Rules): string {
  const {
    charts,
    files,
    versions,
    onDelete,
    onEdit,
    allowRepublish = false,
    broken,
    images,
    deadline = null,
    onFailure,
  } = rules;
  return `apiVersion: gitferry.dev/v1
mirrors:
  - bucket: releases
    name: charts
    prefix: charts/
    chart: "${charts}"
    ${versions === null ? '' : `versions: "${versions}"`}
    allowRepublish: ${allowRepublish}
    onDelete: ${onDelete}
    onEdit: ${onEdit}
  - bucket: releases
    name: config
    prefix: config/
    files: ${files}
    onDelete: ${onDelete}
    onEdit: ${onEdit}
${broken ? '  - nonsense: [' : ''}
${images === null ? '' : imagesText(images)}${deadline === null ? '' : releasesText(deadline)}${onFailure === undefined ? '' : `rollout: { onFailure: ${onFailure} }\n`}`;
}

function releasesText(deadline: string): string {
  return `releases:
  - bucket: releases
    name: together
    prefix: releases/
    deadline: ${deadline}
`;
}

function imagesText({ name, semver, glob, pin, onEdit }: ImageRules): string {
  return `images:
  - image: ${API}
    name: ${name}
    policy: { semver: "${semver}" }
    files: ["${glob}"]
    pin: ${pin}
    onEdit: ${onEdit}
  - image: ${WEB}
    name: ${WEB_POLICY}
    policy: { digest: latest }
    files: ["${glob}"]
    onEdit: ${onEdit}
`;
}
