// What is sound by itself and can't stand together in one deployment, or beside another of the same file.
'use strict';

/** Names that end resources' ids as those of other resources end: ChangesQueue and `policy` would be ChangesQueuePolicy. */
const TAKEN = new Set(['policy']);

/** CloudFormation takes 500 resources; a main repository with all that it may have takes some 62 of them, and all share 18. */
const MOST = 7;

/**
 * A sentence each. `stages`: what the file has, by stage and `default`; null for no file.
 *
 * @param {{ stage: string, first: object, further: readonly object[], stages: object }} about
 * @returns {string[]}
 */
function conflictsOf({ stage, first, further, stages }) {
  const network = (first['vpc-subnets'] === '') !== (first['vpc-security-groups'] === '');
  return [
    ...stageConflicts(stage, stages),
    ...further.flatMap((entry, index) => nameConflicts(entry, index, stage, stages)),
    ...branchConflicts([first, ...further]),
    ...bucketConflicts([first, ...further]),
    ...ledgerConflicts([first, ...further]),
    ...(further.length < MOST ? [] : [`There may be ${MOST} main repositories: deploy the others as another stage.`]),
    ...(network ? ['vpc-subnets and vpc-security-groups go together.'] : []),
  ];
}

const called = (index) => (index === 0 ? '' : `repositories[${index - 1}]`);
const meant = (repositories, index) => (index === 0 ? 'the first' : repositories[index].name);

/** Queues and functions are named `gitferry-<stage>-<name>-…`, and those of a stage `gitferry-<stage>-…`. */
function nameConflicts({ name }, index, stage, stages) {
  const place = `repositories[${index}].name must be another:`;
  if (TAKEN.has(name)) return [`${place} the template has resources that are called so.`];
  if (!Object.hasOwn(stages, `${stage}-${name}`)) return [];
  return [`${place} ${stage}-${name} is a stage, too, and its queues have the same names.`];
}

function stageConflicts(stage, stages) {
  const others = Object.keys(stages).filter((other) => other !== 'default' && stage.startsWith(`${other}-`));
  return others.flatMap((other) => {
    const { repositories } = { ...stages.default, ...stages[other] };
    const names = Array.isArray(repositories) ? repositories.map((entry) => `${other}-${entry?.name}`) : [];
    if (!names.includes(stage)) return [];
    return [`The stage must have another name: a further repository of ${other} has queues with the same names.`];
  });
}

/** Two would write it, each with a ledger of its own, and each take the other for a person. */
function branchConflicts(repositories) {
  const branches = repositories.map(({ repository, branch }) => {
    const plain = repository.replace(/(?:\.git)?\/*$/u, '').toLowerCase();
    return plain === '' ? null : `${plain} ${branch}`;
  });
  return branches.flatMap((one, index) => {
    const before = branches.indexOf(one);
    if (one === null || before === index) return [];
    const other = meant(repositories, before);
    return [
      `${called(index)} lands in the same branch as ${other}: one repository lands all, by rules of its gitferry.yaml.`,
    ];
  });
}

function bucketConflicts(repositories) {
  const made = repositories.map((one) => (one['create-bucket'] === 'true' && one.bucket !== '' ? one.bucket : null));
  return made.flatMap((bucket, index) => {
    const before = made.indexOf(bucket);
    if (bucket === null || before === index) return [];
    return [
      `${called(index)}.create-bucket must be false: bucket ${bucket} is made for ${meant(repositories, before)}.`,
    ];
  });
}

/** Nothing of it could be deleted, and mirror could write beside the copies. */
function ledgerConflicts(repositories) {
  const copies = repositories[0]['ledger-bucket'];
  const index = copies === '' ? -1 : repositories.findIndex(({ bucket }) => bucket === copies);
  if (index === -1) return [];
  return [
    `ledger-bucket must be another than ${index === 0 ? '' : `${called(index)}.`}bucket: it keeps all that it is given.`,
  ];
}

module.exports = { conflictsOf };
