// What a deployment is told: by `--param`, else by serverless.params.yml, else by the defaults of infra/parameters.yml.
'use strict';
const { existsSync, readFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { parse } = require('yaml');
const { conflictsOf } = require('./conflicts.cjs');

const DECLARED = join(__dirname, '../parameters.yml');
const FILE = join(__dirname, '../../serverless.params.yml');
/** As Secrets Manager has them, without what would stand for several in a role. */
const SECRET = '^[\\w+=.@-]([\\w/+=.@-]{0,498}[\\w+=.@-])?$';
const NAME = /^[a-z][a-z0-9]{0,15}$/u;
/** Roles are named after the stage, and have 64 characters at most: `gitferry-<stage>-receive-ap-northeast-1-lambdaRole`. */
const LONGEST_STAGE = 20;
/** `gitferry-<stage>-<name>-archive-ap-northeast-1`. */
const LONGEST_DEPLOYMENT = 32;

const declared = () => parse(readFileSync(DECLARED, 'utf8'));

/**
 * Reads them for a stage. `given`: the texts `name=value` of `--param`; `file`: null for none. Faulty ones are told of in `faults`, all at once and
 * a sentence each, and have their defaults; what is needed and missing is told of in `missing`.
 *
 * @param {{ stage: string, given: readonly string[], file?: string | null }} about
 * @returns {{ first: object, further: object[], faults: string[], missing: string[] }} `first`: name → text. `further`: one
 *   such object for each further main repository, with its `name`.
 */
function readParameters({ stage, given, file = FILE }) {
  const known = declared();
  const faults = [];
  if (stage.length > LONGEST_STAGE)
    faults.push(`The stage's name must have ${LONGEST_STAGE} characters at most: roles are named after it.`);
  if (!/^[A-Za-z0-9]/u.test(stage)) faults.push("The stage's name must begin with a letter or a digit.");
  const stages = file === null ? {} : readFile(file, stage, faults);
  const { repositories = [], ...own } = writtenFor(stage, stages);
  const told = { ...own, ...readGiven(given, faults) };
  const first = settle(known, told, (one) => one.default ?? '', { stage }, faults, '');
  const mine = Object.fromEntries(Object.entries(known).filter(([, { own: may }]) => may));
  const buckets = [first.bucket];
  const further = furtherOf(repositories, faults).map((entry, index) => {
    const { name, ...rest } = entry;
    // A bucket is made for whom it is named first.
    const bucket = rest.bucket ?? first.bucket;
    const creates = String(!buckets.includes(bucket));
    buckets.push(bucket);
    const inherited = (one, key) => (key === 'create-bucket' ? creates : (one.further ?? first[key]));
    const place = `repositories[${index}].`;
    if (!rest.repository) faults.push(`${place}repository is missing.`);
    if (rest.bucket === '') faults.push(`${place}bucket is missing.`);
    if (`${stage}-${name}`.length > LONGEST_DEPLOYMENT)
      faults.push(`${place}name must be shorter: with the stage's, it has more than ${LONGEST_DEPLOYMENT} characters.`);
    return { ...first, ...settle(mine, rest, inherited, { stage, name }, faults, place), name };
  });
  faults.push(...conflictsOf({ stage, first, further, stages }));
  // What is there and faulty is told of already.
  const isSaid = (key) => String(told[key] ?? '').trim() !== '';
  const missing = Object.keys(known).filter((key) => known[key].needed && first[key] === '' && !isSaid(key));
  return { first, further, faults, missing };
}

/** Each known parameter as it is told, else as `otherwise` has it. */
function settle(known, told, otherwise, { stage, name }, faults, place) {
  for (const key of Object.keys(told))
    if (!Object.hasOwn(known, key))
      faults.push(
        `${place}${key} is no parameter${place === '' ? '' : ' of a further repository'}.${similar(key, known)}`,
      );
  const entries = Object.entries(known).map(([key, one]) => {
    const fallback = String(otherwise(one, key))
      .replaceAll('<stage>', stage)
      .replaceAll('<name>', name ?? '');
    const value = told[key];
    if (value === undefined || value === null) return [key, fallback];
    const text = String(value).trim();
    const fault = faultOf(one, text, value);
    if (fault !== null) faults.push(`${place}${key} ${fault}`);
    return [key, fault === null ? text : fallback];
  });
  return Object.fromEntries(entries);
}

/** Never repeats a value: it may be a secret that was put in the wrong place. */
function faultOf(one, text, value) {
  const { secret, pattern = secret ? SECRET : undefined, list, example } = one;
  if (typeof value === 'object') return 'must be a text.';
  if (PLACEHOLDER.test(one.substituted ? text.replace(PSEUDO, '') : text))
    return 'must not hold a placeholder: write out what it stands for.';
  // What has a default can't do without; the embedded run has no secrets, and a repository may be read by all.
  if (pattern === undefined || (text === '' && (list || secret || !one.default))) return null;
  const parts = list ? partsOf(text) : [text];
  if (parts.every((part) => new RegExp(pattern, 'u').test(part))) return null;
  return `is not written as it should be: ${meaningOf(one)}${example === undefined ? '' : `, such as ${example}`}.`;
}

/** What it is for, without the links that its page has. */
const meaningOf = ({ description }) => description.replace(/\[([^\]]+)\]\([^)]+\)/gu, '$1');

/** CloudFormation's, `serverless`' or a shell's: none of them is known by all who read a parameter. */
const PLACEHOLDER = /\$\{/u;
/** What roles may say of where they are. */
const PSEUDO = /\$\{AWS::(?:Partition|Region|AccountId)\}/gu;

/** A list with commas between. */
const partsOf = (text) => (text.trim() === '' ? [] : text.split(',').map((part) => part.trim()));

function similar(key, known) {
  const plain = (text) => text.replaceAll(/[-_]/gu, '').toLowerCase();
  const found = Object.keys(known).find((name) => plain(name) === plain(key));
  return found === undefined ? ' docs/install.md lists all of them.' : ` Did you mean ${found}?`;
}

function readGiven(given, faults) {
  const entries = given.map((text) => /^([^=]+)=(.*)$/su.exec(text)).map((match) => match?.slice(1, 3) ?? null);
  if (entries.includes(null)) faults.push('--param takes name=value.');
  return Object.fromEntries(entries.filter((entry) => entry !== null));
}

/** All is text, as it is written: of an account, or a branch such as 1.10, a number would lose zeros. */
const TEXTS = { schema: 'failsafe', customTags: ['null'] };

/** By stage, and `default`. */
function readFile(file, stage, faults) {
  if (!existsSync(file)) return {};
  const name = basename(file);
  let stages;
  try {
    stages = parse(readFileSync(file, 'utf8'), TEXTS) ?? {};
  } catch (error) {
    faults.push(`${name} is no YAML: ${error.message.split('\n')[0].replace(/:$/u, '.')}`);
    return {};
  }
  const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMap(stages) && partsFor(stage, stages).every(isMap)) return stages;
  faults.push(`${name} is not a map of stages to parameters, such as \`production: {repository: …, bucket: …}\`.`);
  return {};
}

const partsFor = (stage, stages) =>
  ['default', stage].map((name) => (Object.hasOwn(stages, name) ? stages[name] : null) ?? {});

/** What the file has for every stage, and for this one. */
const writtenFor = (stage, stages) => Object.fromEntries(partsFor(stage, stages).flatMap(Object.entries));

function furtherOf(repositories, faults) {
  const sound = Array.isArray(repositories) && repositories.every((one) => typeof one === 'object' && one !== null);
  if (!sound) {
    faults.push('repositories is no list of {name, repository, …}.');
    return [];
  }
  const names = repositories.map(({ name }) => name);
  repositories.forEach(({ name }, index) => {
    if (!NAME.test(name ?? ''))
      faults.push(`repositories[${index}].name must be up to 16 small letters and digits, and begin with a letter.`);
    else if (names.indexOf(name) !== index) faults.push(`repositories[${index}].name is there twice.`);
  });
  return repositories.filter(({ name }, index) => NAME.test(name ?? '') && names.indexOf(name) === index);
}

module.exports = { declared, meaningOf, partsOf, readParameters };
