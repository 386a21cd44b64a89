const value = 'docs/configuration.md has what each key takes.';

/** What to do about a fault of `gitferry.yaml`, by its reason. */
const hints: Readonly<Record<string, string>> = {
  FileTooLarge: 'Leave out of the file what are no rules.',
  KeyContradicts: 'Take one of the two out.',
  KeyInvalid: 'Write a word.',
  KeyMissing: 'Add it.',
  KeyTwice: 'Take one out.',
  KeyUnknown: 'Correct its spelling, or take it out; docs/configuration.md has every key.',
  NameTaken: 'Give each rule a name of its own.',
  NotSupportedYet: 'Take it out.',
  NotUtf8: 'Save the file in UTF-8.',
  PathProtected: 'Name a folder that steers neither git, nor reviews, nor CI, nor the agent.',
  PathUnsafe: 'Name a plain relative path, like apps/production.',
  PlaceMissing: 'Add "chart: charts/{name}" for Helm charts, or "files: <folder>" for files.',
  PlaceTwice: 'Give each of two mirrors a prefix of its own.',
  PlaceholderUnknown: 'Take the braces out.',
  PlacesOverlap: 'Give each mirror a folder of its own, beside the others.',
  PolicyMissing: 'Add one, like "policy: { semver: \'>=1.0.0\' }".',
  PolicyTwice: 'Leave one, or make two images of it with names of their own.',
  PrefixesOverlap: 'Give release files a prefix that no mirror covers.',
  TypeWrong: value,
  ValueInvalid: value,
  YamlInvalid: 'Correct the YAML here, or just before.',
};

/** What to do about a fault; one sentence. */
export function hintOf(reason: string): string {
  return hints[reason] ?? '';
}
