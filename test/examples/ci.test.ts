import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { standIns } from './stand-ins.ts';

const execute = promisify(execFile);
const FOLDER = join(import.meta.dirname, '../../examples/ci');

const read = (name: string): Promise<string> => readFile(join(FOLDER, name), 'utf8');

async function readYaml<T>(name: string, shape: z.ZodType<T>): Promise<T> {
  const document = parseDocument(await read(name), { strict: true });
  assert.deepEqual([...document.errors, ...document.warnings], []);
  return shape.parse(document.toJS());
}

/** The lines of shell that call the script, and what its CI gives them by the environment. */
interface Step {
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly image: string;
}

const Workflow = z.object({
  permissions: z.object({ 'id-token': z.literal('write'), packages: z.literal('write'), contents: z.literal('read') }),
  env: z.object({ IMAGE: z.string(), VERSION: z.string().startsWith('1.2.') }),
  jobs: z.object({ publish: z.object({ steps: z.array(z.object({ run: z.string().optional() })) }) }),
});
const Pipeline = z.object({
  publish: z.object({ id_tokens: z.object({ AWS_ID_TOKEN: z.object({ aud: z.url() }) }), script: z.array(z.string()) }),
});

const STEPS: Readonly<Record<string, () => Promise<Step>>> = {
  Jenkinsfile: async () => {
    const text = await read('Jenkinsfile');
    const scripts = [...text.matchAll(/sh '''(.*?)'''/gsu)].map(([, script = '']) => script);
    const [, image = ''] = /^ +IMAGE = '(.*)'$/mu.exec(text) ?? [];
    return {
      // Groovy joins these lines before the shell sees them.
      script: scripts.find((script) => script.includes('publish.sh'))?.replaceAll('\\\n', '') ?? '',
      environment: {
        ...{ IMAGE: image, VERSION: '1.2.7', BUILD_URL: 'https://ci.example.org/job/shop/7/', GIT_COMMIT: 'abc' },
        ...{ WORKSPACE_TMP: '/nowhere', QUAY_USER: 'acme+robot', QUAY_PASSWORD: 'secret' },
      },
      image: 'quay.io/acme/shop:1.2.7',
    };
  },
  'github-actions.yml': async () => {
    const { env, jobs } = await readYaml('github-actions.yml', Workflow);
    const script = jobs.publish.steps.find(({ run }) => run?.includes('publish.sh'))?.run ?? '';
    assert.doesNotMatch(script, /\$\{\{/u, 'what people write must not become shell');
    return {
      script,
      environment: {
        ...{ IMAGE: env.IMAGE, VERSION: '1.2.7', REGISTRY_TOKEN: 'secret', GITHUB_ACTOR: 'ada', GITHUB_SHA: 'abc' },
        ...{ GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '9' },
      },
      image: 'ghcr.io/acme/shop:1.2.7',
    };
  },
  'gitlab-ci.yml': async () => {
    const { publish } = await readYaml('gitlab-ci.yml', Pipeline);
    return {
      script: publish.script.join('\n'),
      environment: {
        ...{ CI_REGISTRY_IMAGE: 'registry.gitlab.com/acme/shop', VERSION: '1.2.7', CI_COMMIT_SHA: 'abc' },
        CI_JOB_URL: 'https://gitlab.com/acme/shop/-/jobs/9',
      },
      image: 'registry.gitlab.com/acme/shop:1.2.7',
    };
  },
};

for (const [name, step] of Object.entries(STEPS))
  describe(`examples/ci/${name}`, () => {
    it('publishes image, chart and configuration by publish.sh', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'gitferry-ci-'));
      try {
        const { script, environment, image } = await step();
        const programs = await standIns(folder);
        await mkdir(join(folder, 'ci'));
        await cp(join(FOLDER, 'publish.sh'), join(folder, 'ci/publish.sh'));
        await mkdir(join(folder, 'deploy/production'), { recursive: true });
        await writeFile(join(folder, 'deploy/production/settings.yaml'), 'a: 1\n');
        // -u: a variable that is not there is a fault.
        await execute('sh', ['-euc', script], { cwd: folder, env: { ...environment, ...programs.environment } });

        const calls = await programs.calls();
        assert.equal(
          calls.filter((call) => call.startsWith('skopeo copy') && call.endsWith(` docker://${image}`)).length,
          1,
        );
        const last = calls.at(-1) ?? '';
        assert.match(last, /^aws s3 cp .*--metadata build=https:.*,source-commit=abc .* s3:\/\/acme-releases\/$/u);
        for (const key of ['charts/shop-1.2.7.tgz', 'config/production/shop/settings.yaml'])
          await readFile(join(programs.uploaded, key));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it('knows no Git remote, no cluster, and no key of AWS', async () => {
      assert.doesNotMatch(await read(name), /git push|git clone|kubectl|KUBECONFIG|AWS_SECRET_ACCESS_KEY/u);
    });
  });
