import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readExplained, unexplained } from './explained.ts';
import { awsParts } from './parts.ts';
import { policyLines, policyText } from './policies.ts';
import { FUNCTIONS } from './rules/functions.ts';
import { QUEUES } from './rules/queues.ts';
import { STORAGE } from './rules/storage.ts';
import { type Packaged, packagedSets, SETS } from './sets.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

describe('the packaged templates', () => {
  let packaged: ReadonlyMap<string, Packaged>;
  let folder: string;
  before(async () => {
    packaged = await packagedSets();
    folder = await mkdtemp(join(tmpdir(), 'gitferry-templates-'));
    for (const [name, { template }] of packaged)
      await writeFile(join(folder, `${name}.json`), JSON.stringify(template));
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs a linter over files of the folder; answers what it printed, whatever its exit code. */
  async function lint(program: string, ...args: readonly string[]): Promise<unknown> {
    const { python, programs } = await awsParts();
    const { stdout } = await execute(python, [join(programs, program), ...args], {
      cwd: folder,
      maxBuffer: 2 ** 26,
    }).catch((failed: { stdout: string; stderr: string }) => {
      if (!/^[[{]/u.test(failed.stdout)) throw failed;
      return failed;
    });
    return JSON.parse(stdout);
  }

  for (const set of Object.keys(SETS))
    it(`policies of the ${set} set are as they were reviewed`, async () => {
      const template = packaged.get(set)?.template;
      assert.ok(template);
      const reviewed = await readFile(join(import.meta.dirname, 'policies', `${set}.txt`), 'utf8');
      assert.equal(
        policyText(policyLines(template)),
        reviewed,
        'When that is meant: npm run policies, and review the diff.',
      );
    });

  for (const [sentence, holds] of Object.entries({ ...QUEUES, ...STORAGE, ...FUNCTIONS }))
    it(sentence, async () => {
      for (const { template } of packaged.values()) await holds(template);
    });

  it('explains each line of a policy that allows something with a wildcard', async () => {
    const { wide } = await readExplained();
    const lines = [...packaged.values()].flatMap(({ template }) => policyLines(template));
    const wildcards = lines.filter(({ allows, action, resource }) => allows && /[*?]/u.test(action + resource));
    assert.ok(wildcards.length > 50);
    const { things, entries } = unexplained(
      wildcards,
      wide,
      (entry, { action, resource }) => entry.action.test(action) && entry.resource.test(resource),
    );
    assert.deepEqual(
      things.map(({ of, text }) => `${of}: ${text}`),
      [],
    );
    assert.deepEqual(entries, []);
    // Of actions there is none, but in the policy of a key, where AWS gives the account its key like this.
    const actions = wildcards.filter(({ action }) => action.includes('*'));
    assert.deepEqual([...new Set(actions.map(({ of, action }) => `${of} ${action}`))], ['Key kms:*']);
  });

  it('stays far below what a stack can hold', () => {
    for (const [set, { template }] of packaged) {
      const count = Object.keys(template.Resources).length;
      assert.ok(count < 200, `${set}: ${count} resources`);
    }
  });

  it('cfn-lint finds nothing, neither errors nor warnings', async () => {
    for (const [name, { standalone }] of packaged) await writeFile(join(folder, `${name}-standalone.json`), standalone);
    await cp(join(ROOT, 'infra/forward.yml'), join(folder, 'forward.yml'));
    const names = [...packaged.keys()].flatMap((name) => [`${name}.json`, `${name}-standalone.json`]);
    const found = (await lint('cfn-lint', '--format', 'json', '--', ...names, 'forward.yml')) as {
      Filename: string;
      Rule: { Id: string };
      Location: { Path: readonly unknown[] };
      Message: string;
    }[];
    assert.deepEqual(
      found.map(
        ({ Filename, Rule, Location, Message }) => `${Filename} ${Location.Path.join('.')}: ${Rule.Id} ${Message}`,
      ),
      [],
    );
  });

  it('Checkov finds nothing that is not explained', async () => {
    const { findings } = await readExplained();
    const files = [...packaged.keys()].flatMap((name) => ['--file', `${name}.json`]);
    // Without --skip-download it asks its maker's server for descriptions of its rules.
    const options = ['--framework', 'cloudformation', '--compact', '--quiet', '--skip-download', '--output', 'json'];
    const report = (await lint('checkov', ...options, ...files)) as {
      summary: { passed: number; parsing_errors: number; resource_count: number };
      results: { failed_checks: { check_id: string; check_name: string; resource: string; file_path: string }[] };
    };
    assert.equal(report.summary.parsing_errors, 0);
    assert.ok(report.summary.passed > 100);
    const failed = report.results.failed_checks.map((one) => ({ ...one, id: one.resource.split('.')[1] ?? '' }));
    const { things, entries } = unexplained(
      failed,
      findings,
      ({ rule, of }, { check_id, id }) => rule === check_id && of.test(id),
    );
    assert.deepEqual(
      things.map(
        ({ check_id, check_name, resource, file_path }) => `${file_path} ${resource}: ${check_id} ${check_name}`,
      ),
      [],
    );
    assert.deepEqual(entries, []);
  });
});
