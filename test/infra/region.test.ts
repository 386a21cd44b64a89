import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

const { regionOf } = createRequire(import.meta.url)('../../infra/deployment/region.cjs') as {
  regionOf: (options: { 'aws-profile'?: string }) => Promise<string | null>;
};

describe('the region of a deployment, where none is named', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitferry-region-'));
    await writeFile(join(folder, 'config'), '[default]\nregion = eu-north-1\n[profile other]\nregion = eu-south-1\n');
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) delete process.env[name];
    process.env.AWS_CONFIG_FILE = join(folder, 'config');
  });

  it('is that of the environment', async () => {
    process.env.AWS_DEFAULT_REGION = 'eu-west-3';
    assert.equal(await regionOf({}), 'eu-west-3');
    process.env.AWS_REGION = 'eu-west-1';
    assert.equal(await regionOf({}), 'eu-west-1');
  });

  it('is that of the profile', async () => {
    assert.equal(await regionOf({}), 'eu-north-1');
    assert.equal(await regionOf({ 'aws-profile': 'other' }), 'eu-south-1');
    process.env.AWS_PROFILE = 'other';
    assert.equal(await regionOf({}), 'eu-south-1');
  });

  it('is none where nobody says', async () => {
    process.env.AWS_CONFIG_FILE = join(folder, 'missing');
    assert.equal(await regionOf({}), null);
  });
});
