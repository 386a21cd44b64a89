import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Rejected } from '../shared/errors.ts';
import { parseImage } from '../shared/image/image.ts';
import { printable, printableJson } from '../shared/printable.ts';
import { renderValue, sameValue, setReferences, valueFor } from '../shared/reference/edit.ts';
import { findReferences, mayRefer } from '../shared/reference/find.ts';
import { namesOne } from '../shared/reference/mention.ts';
import type { Problem, Target, Value } from '../shared/reference/reference.ts';
import { textOf } from '../shared/reference/text.ts';
import { readYaml, replaceFile, yamlFiles } from './yaml-folder.ts';

/** By the policy that a marker names, or by the image's canonical name. */
type Targets = ReadonlyMap<string, Target>;

interface Options {
  readonly policy: Targets;
  readonly image: Targets;
  readonly dryRun?: true;
  readonly output: 'text' | 'json';
}

interface Change {
  readonly file: string;
  readonly line: number;
  readonly id: string;
  readonly policy: string | null;
  readonly image: string | null;
  readonly old: string;
  readonly new: string;
}

type FileProblem = Problem & { readonly file: string };

const IMAGE = 'It is written image:tag, or image:tag@sha256:<64 hex digits>.';

/** `gitferry update-images <folder> …`: what `mirror` does to references in the repository, to a folder on disk. */
export function updateImages(program: Command): void {
  program
    .command('update-images')
    .summary('set image references in the YAML files of a folder')
    .description(
      'Sets what names an image in the YAML files of a folder, and nothing else in them: fields that a marker of Flux ' +
        'is behind; and by the image’s name `image` fields, kustomize’s `images`, and Helm’s values. Links are not followed.',
    )
    .argument('<folder>', 'the folder; .git and node_modules in it are left out')
    .option('--policy <ns:name=image:tag[@digest]>', 'what fields marked so are to name; may be repeated', policy)
    .option('--image <image:tag[@digest]>', 'what unmarked fields of this image are to name; may be repeated', image)
    .option('--dry-run', 'change no file')
    .addOption(new Option('-o, --output <form>', 'a line a change, or JSON').choices(['text', 'json']).default('text'))
    .action(async (folder: string, given: Partial<Options>, command: Command) => {
      const { policy = new Map(), image = new Map(), output = 'text' } = given;
      if (policy.size + image.size === 0) command.error('error: name a --policy or an --image');
      await update(folder, { ...given, policy, image, output });
    });
}

function policy(text: string, targets: Targets = new Map()): Targets {
  const [, name, reference = ''] = /^([^\s:=]+:[^\s:=]+)=(.*)$/u.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It is written namespace:name=image:tag[@digest].');
  return added(targets, name, reference);
}

function image(text: string, targets: Targets = new Map()): Targets {
  return added(targets, parseImage(text)?.image ?? '', text);
}

function added(targets: Targets, key: string, reference: string): Targets {
  const named = parseImage(reference);
  if (named === null || named.tag === null) throw new InvalidArgumentError(IMAGE);
  if (targets.has(key)) throw new InvalidArgumentError(`${key} is there twice.`);
  return new Map([...targets, [key, { name: named.written, tag: named.tag, digest: named.digest }]]);
}

async function update(folder: string, options: Options): Promise<void> {
  if (!(await stat(folder).catch(() => null))?.isDirectory()) {
    throw new Rejected('FolderMissing', `There is no folder ${JSON.stringify(folder)}.`, {
      hint: 'Name the folder that the files are in.',
    });
  }
  const changes: Change[] = [];
  const problems: FileProblem[] = [];
  const seen = new Set<string>();
  for await (const path of yamlFiles(folder)) {
    const file = relative(folder, path);
    try {
      const { bytes, mode } = readYaml(path);
      if (!mayRefer(bytes, new Set(options.image.keys()))) continue;
      const judged = judge(file, textOf(bytes), options, seen);
      problems.push(...judged.problems);
      if (judged.text !== null && !options.dryRun) await replaceFile(path, judged.text, mode);
      changes.push(...judged.changes);
    } catch (error) {
      problems.push({ file, ...problemOf(error) });
      process.exitCode = 1;
    }
  }
  show(changes, problems, options);
  for (const name of [...options.policy.keys(), ...options.image.keys()]) {
    if (!seen.has(name)) console.error(printable(`warning: nothing refers to ${name}`));
  }
}

interface Judged {
  readonly changes: readonly Change[];
  readonly problems: readonly FileProblem[];
  /** Null where nothing changes. */
  readonly text: string | null;
}

/** What a file refers to (into `seen`), and what becomes of it. */
function judge(file: string, text: string, { policy, image }: Options, seen: Set<string>): Judged {
  const images = new Set(image.keys());
  const values = new Map<string, Value>();
  const changes: Change[] = [];
  try {
    const { references, problems } = findReferences(text, images);
    for (const reference of references) {
      const { id, line, value } = reference;
      const key = reference.policy ?? reference.image ?? '';
      const target = (reference.policy === null ? image : policy).get(key);
      if (target === undefined) continue;
      seen.add(key);
      const wanted = valueFor(reference, target);
      if (sameValue(value, wanted)) continue;
      values.set(id, wanted);
      const about = { file, line, id, policy: reference.policy, image: reference.image };
      changes.push({ ...about, old: renderValue(value), new: renderValue(wanted) });
    }
    const told = problems.map((problem) => ({ file, ...problem }));
    return { changes, problems: told, text: values.size === 0 ? null : setReferences(text, images, values) };
  } catch (fault) {
    if (!(fault instanceof Rejected) || fault.reason !== 'TemplateFile') throw fault;
    // A chart's templates are many, and mostly name nothing.
    const problems = namesOne(text, images) ? [{ file, ...problemOf(fault) }] : [];
    return { changes: [], problems, text: null };
  }
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof Rejected)) {
    const { code = 'Error', message } = error as NodeJS.ErrnoException;
    return { reason: 'FileUnreadable', message: `${code}: ${message}`, line: 1 };
  }
  const { line } = error.facts;
  return { reason: error.reason, message: error.message, line: typeof line === 'number' ? line : 1 };
}

function show(changes: readonly Change[], problems: readonly FileProblem[], options: Options): void {
  if (options.output === 'json') console.log(printableJson({ dryRun: options.dryRun ?? false, changes, problems }));
  else {
    for (const { file, line, old, new: wanted } of changes) {
      console.log(printable(`${file}:${line}  ${old || '(none)'} -> ${wanted || '(none)'}`));
    }
  }
  for (const { file, line, reason, message } of problems) {
    console.error(printable(`${file}:${line} ${reason} ${message}`));
  }
}
