import fc from 'fast-check';
import { type Asking, askings } from './requests.ts';
import { GLOBS, type ImageRules, type Rules } from './rules.ts';
import {
  API,
  type Cast,
  type Content,
  digestOf,
  FILES_ALONE,
  isModest,
  manifest,
  type ReleaseFile,
  WITH_IMAGES,
  WITH_RELEASES,
} from './uploads.ts';

/** One thing that happens. */
export type Action =
  | Asking
  | { readonly do: 'upload'; readonly key: string; readonly content: number; readonly told: boolean }
  | { readonly do: 'remove'; readonly key: string; readonly told: boolean }
  | { readonly do: 'repeat'; readonly key: string }
  | {
      readonly do: 'push';
      readonly image: string;
      readonly tag: string;
      readonly content: number;
      readonly told: boolean;
    }
  | { readonly do: 'untag'; readonly image: string; readonly tag: string; readonly told: boolean }
  | { readonly do: 'announce'; readonly image: string }
  | { readonly do: 'complete'; readonly key: string; readonly content: number; readonly told: boolean }
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'start'; readonly most: number }
  | { readonly do: 'step'; readonly which: number; readonly times: number }
  | { readonly do: 'crash' | 'loseAnswer'; readonly which: number }
  | { readonly do: 'revert'; readonly back: number; readonly only: number | null }
  | { readonly do: 'edit'; readonly path: string; readonly text: string | null }
  | { readonly do: 'rewrite'; readonly path: string; readonly which: string; readonly said: string }
  | { readonly do: 'rules'; readonly rules: Rules };

type Weighted = fc.WeightedArbitrary<Action>;

const which = fc.nat({ max: 3 });
const back = fc.nat({ max: 2 });
const told = fc.boolean();
const content = fc.nat({ max: 6 });
const LENGTH = { minLength: 20, maxLength: 120, size: 'max' } as const;

/** The invocations, and what the world does to them. */
const invocations: Weighted[] = [
  { weight: 5, arbitrary: fc.record({ do: fc.constant('start' as const), most: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant('step' as const), which, times: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'loseAnswer' as const), which }) },
];

function uploads(key: fc.Arbitrary<string>): Weighted[] {
  return [
    { weight: 6, arbitrary: fc.record({ do: fc.constant('upload' as const), key, content, told }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key, told }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), key }) },
  ];
}

function pushes({ images }: Cast): Weighted[] {
  const named = Object.entries(images).flatMap(([image, tags]) => tags.map((tag) => ({ image, tag })));
  const push = fc
    .record({ at: fc.constantFrom(...named), content: fc.nat({ max: 2 }), told })
    .map(({ at, content, told }) => ({ do: 'push' as const, ...at, content, told }));
  const image = fc.constantFrom(...Object.keys(images));
  return [
    { weight: 6, arbitrary: push },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('announce' as const), image }) },
  ];
}

function removals({ images }: Cast): Weighted[] {
  const named = Object.entries(images).flatMap(([image, tags]) => tags.map((tag) => ({ image, tag })));
  const untag = fc.record({ at: fc.constantFrom(...named), told });
  return [{ weight: 1, arbitrary: untag.map(({ at, told }) => ({ do: 'untag' as const, ...at, told })) }];
}

const fileRules = {
  charts: fc.constantFrom('charts/{name}', 'charts/{name}', 'charts2/{name}'),
  files: fc.constantFrom('apps', 'apps', 'apps2'),
  versions: fc.constantFrom(null, null, '<2.0.0', '>=1.0.0-0'),
  onDelete: fc.constantFrom('keep' as const, 'remove' as const),
  onEdit: fc.constantFrom('hold' as const, 'hold' as const, 'overwrite' as const),
  broken: fc.constantFrom(false, false, false, true),
};

const imageRules: fc.Arbitrary<ImageRules> = fc.record({
  name: fc.constantFrom('flux-system:api', 'flux-system:api', 'flux-system:renamed'),
  semver: fc.constantFrom('>=1.0.0 <3.0.0', '>=1.0.0 <3.0.0', '>=1.0.0 <2.0.0', '>=1.1.0'),
  glob: fc.constantFrom(GLOBS.all, GLOBS.all, GLOBS.some),
  pin: fc.constantFrom('digest' as const, 'digest' as const, 'tag' as const),
  onEdit: fc.constantFrom('hold' as const, 'hold' as const, 'overwrite' as const),
});

const rulesOfFiles = fc.record({ ...fileRules, images: fc.constant(null) });
const rulesWithImages = fc.record({
  ...fileRules,
  versions: fc.constant(null),
  images: fc.oneof({ weight: 5, arbitrary: imageRules }, { weight: 1, arbitrary: fc.constant(null) }),
});

function people(paths: readonly string[], texts: readonly (string | null)[], rules: fc.Arbitrary<Rules>): Weighted[] {
  const path = fc.constantFrom(...paths);
  const revert = fc.constant('revert' as const);
  return [
    { weight: 3, arbitrary: fc.record({ do: revert, back, only: fc.constant(null) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const), path, text: fc.constantFrom(...texts) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rules' as const), rules }) },
  ];
}

const PATHS = ['apps/a.yaml', 'apps/b.yaml', 'apps/p.yaml', 'apps/r.yaml', 'charts/web/values.yaml', 'charts/db/mine'];
const IMAGE_PATHS = [
  ...['apps/api.yaml', 'apps/two.yaml', 'apps/p.yaml', 'apps/r.yaml', 'apps/mine.yaml', 'apps2/mine.yaml'],
  ...['charts/shop/values.yaml', 'charts/shop/mine.yaml'],
];
const IMAGE_TEXTS = [
  manifest('mine', { api: `${API}:1.0.0` }),
  manifest('mine', { api: `${API}:1.2.0`, second: `${API}:1.0.0` }),
  'mine: 1\n',
  null,
];

/** What people write into references. */
const SAID = [
  ...['1.0.0', '1.1.0', '1.2.0', '2.0.0', 'debug', 'latest'],
  `1.1.0@${digestOf(API, '1.1.0', 0)}`,
  `1.2.0@${digestOf(API, '1.2.0', 0)}`,
];

const aboutReferences: Weighted[] = [
  { weight: 3, arbitrary: fc.record({ do: fc.constant('revert' as const), back, only: fc.nat({ max: 2 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rewrite' as const),
      path: fc.constantFrom(...IMAGE_PATHS),
      which: fc.constantFrom('api', 'api', 'second', 'web', 'image', 'data'),
      said: fc.constantFrom(...SAID),
    }),
  },
];

interface Which {
  readonly key: string;
  readonly content: number;
}

/** What an upload brings. */
export function contentOf({ uploads, releases }: Cast, { key, content }: Which): Content | ReleaseFile | undefined {
  const contents: readonly (Content | ReleaseFile)[] = uploads[key] ?? releases[key] ?? [];
  return contents[content % contents.length];
}

export function releaseOf({ releases }: Cast, { key, content }: Which): ReleaseFile | undefined {
  const contents = releases[key] ?? [];
  return contents[content % contents.length];
}

const fileKey = fc.constantFrom(...Object.keys(FILES_ALONE.uploads));
const imageKey = fc.constantFrom(...Object.keys(WITH_IMAGES.uploads));
const files = [...invocations, ...uploads(fileKey)];
const images = [...invocations, ...uploads(imageKey), ...pushes(WITH_IMAGES)];

const filesAndPeople = [...files, ...people(PATHS, ['mine: 1\n', 'one: 1\n', null], rulesOfFiles)];

/** Histories of machines and people. */
export const actions = fc.array(fc.oneof(...filesAndPeople), LENGTH);

const everyone = (rules: fc.Arbitrary<Rules>): Weighted[] => [
  ...images,
  ...removals(WITH_IMAGES),
  ...people(IMAGE_PATHS, IMAGE_TEXTS, rules),
  ...aboutReferences,
];

/** The same with images. */
export const imageActions = fc.array(fc.oneof(...everyone(rulesWithImages)), LENGTH);

const rulesWithReleases = fc
  .tuple(rulesWithImages, fc.constantFrom('1h', '1h', '1h', null))
  .map(([rules, deadline]) => ({ ...rules, deadline }));
const releaseKey = fc.constantFrom(...Object.keys(WITH_RELEASES.releases));
const together: Weighted[] = [
  ...uploads(releaseKey),
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('complete' as const), key: releaseKey, content: fc.nat({ max: 2 }), told }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 40) }) },
];

/** The same with release files, of which some come before what they name, and some after it, or never. */
export const releaseActions = fc.array(fc.oneof(...everyone(rulesWithReleases), ...together), LENGTH);

/** Any of these histories, with verdicts, rollbacks and lifted holds. */
function judged(others: readonly Weighted[], rules: fc.Arbitrary<Rules>): fc.Arbitrary<Action[]> {
  const onFailure = fc.constantFrom('revert' as const, 'revert' as const, 'hold' as const, 'notify' as const);
  const changed = fc
    .record({ rules, onFailure })
    .map(({ rules, onFailure }) => ({ do: 'rules' as const, rules: { ...rules, onFailure } }));
  return fc.array(fc.oneof(...others, { weight: 1, arbitrary: changed }, ...askings), LENGTH);
}

export const judgedActions = judged(filesAndPeople, rulesOfFiles);
export const judgedImageActions = judged(everyone(rulesWithImages), rulesWithImages);
export const judgedReleaseActions = judged([...everyone(rulesWithReleases), ...together], rulesWithReleases);

/** An upload that is rejected changes nothing, so what stands then is a matter of history. */
const sound = (action: Action): boolean => {
  const brought = action.do === 'upload' ? contentOf(FILES_ALONE, action) : undefined;
  return brought === undefined || !('files' in brought) || brought.files !== null;
};

/** Histories without people, and without uploads that are rejected. */
export const machineActions = fc.array(fc.oneof(...files).filter(sound), LENGTH);

/** What a file says of an image counts while nothing of the registry lands, so what stands then is a matter of history. */
const modest = (action: Action): boolean => {
  const brought = action.do === 'upload' ? contentOf(WITH_IMAGES, action) : undefined;
  return brought === undefined || !('files' in brought) || isModest(brought);
};

/** The same with images, of which none goes away. */
export const imageMachineActions = fc.array(fc.oneof(...images).filter(modest), LENGTH);

/** Histories of one file that goes back and forth, by many invocations at once. */
export const narrowActions = fc.array(fc.oneof(...invocations, ...uploads(fc.constant('config/b.yaml'))), LENGTH);

/** Histories of one image whose tag goes back and forth. */
export const narrowImageActions = fc.array(
  fc.oneof(...invocations, ...pushes({ ...WITH_IMAGES, images: { [API]: ['1.1.0', '1.2.0'] } })),
  LENGTH,
);
