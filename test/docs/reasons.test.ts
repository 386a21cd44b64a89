import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hintOf } from '../../shared/config/hint.ts';
import { sourceFiles } from '../sources.ts';
import { ROOT } from './pages.ts';

/** Words that are written like a reason and are none: names of AWS, of events, of kinds. */
const OTHER_WORDS = new Set([
  ...[
    'AccessDeniedException',
    'ApproximateNumberOfMessages',
    'ApproximateReceiveCount',
    'SentTimestamp',
    'QueueArn',
    'NoSuchBucket',
    'NoSuchKey',
    'NoSuchLifecycleConfiguration',
  ],
  ...[
    'NotFound',
    'ResourceNotFoundException',
    'RoleBinding',
    'SweepContinues',
    'TakenBack',
    'NudgeFailed',
    'GitHub',
    'GitLab',
  ],
  // What kubelets, Flux, Argo CD and Flagger say, in their own words.
  ...['ContainerCannotRun', 'CrashLoopBackOff', 'CreateContainerConfigError', 'CreateContainerError'],
  ...['DeadlineExceeded', 'ErrImageNeverPull', 'ErrImagePull', 'ImageInspectError', 'ImagePullBackOff'],
  ...['InvalidImageName', 'NotReady', 'ProgressDeadlineExceeded', 'PruneFailed', 'ReconciliationFailed'],
  ...['RunContainerError', 'StartError', 'SyncFailed', 'WaitingPromotion', 'DaemonSet', 'HelmChart', 'ConfigMap'],
  ...['ArtifactGenerator', 'ContainerCreating', 'ExternalArtifact', 'GetCallerIdentity', 'GitRepository'],
  ...['HelmRelease', 'OnDelete', 'PodInitializing', 'PodScheduled', 'ReplicaSet', 'StatefulSet'],
]);

/** Said of a release and of a cluster, where it asks for two things. */
const TWICE = ['AgentSuspended'];

/** Kinds of Kubernetes, by the hundred. */
const KINDS = 'shared/manifest/closed.ts';

/** Every quoted CamelCase word of two parts or more. */
async function reasonsInCode(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const file of await sourceFiles('{shared,functions,cli}/**/*.ts')) {
    if (file === KINDS) continue;
    const text = await readFile(join(ROOT, file), 'utf8');
    for (const [, word = ''] of text.matchAll(/'([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)'/gu)) found.add(word);
  }
  return found.difference(OTHER_WORDS);
}

/** The rows of the page's tables of reasons: reason, what it means, what to do. */
async function rowsOnPage(): Promise<readonly (readonly string[])[]> {
  const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
  const tables = [...text.matchAll(/^\| reason \|.*\n\|[-| ]+\n((?:\|.*\n)+)/gmu)].map(([, rows = '']) => rows);
  return tables.flatMap((rows) => rows.trimEnd().split('\n')).map((row) => row.split('|').slice(1, -1));
}

test('docs/operations.md says of every reason what it means and what to do', async () => {
  const rows = await rowsOnPage();
  for (const row of rows) {
    assert.equal(row.length, 3, row.join('|'));
    assert.match(row[0] ?? '', /^ `[A-Z]\w+` $/u);
    assert.ok(
      row.every((cell) => cell.trim() !== ''),
      row.join('|'),
    );
  }
  const page = rows.map(([reason = '']) => reason.replace(/[` ]/gu, ''));
  const code = await reasonsInCode();
  assert.ok(code.size > 80, `${code.size} reasons were found`);
  assert.deepEqual([...code.difference(new Set(page))].sort(), [], 'these are missing on the page');
  assert.deepEqual([...new Set(page).difference(code)].sort(), [], 'these are on the page alone');
  const again = page.filter((reason, index) => page.indexOf(reason) !== index);
  assert.deepEqual(again, TWICE, 'these are there twice');
});

test('every reason of a fault in gitferry.yaml has a hint', async () => {
  const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
  const [section = ''] = /^## gitferry\.yaml\n(?:(?!^## ).*\n)+/mu.exec(text) ?? [];
  const rows = [...section.matchAll(/^\| `(\w+)`/gmu)].map(([, reason = '']) => reason);
  assert.ok(rows.length > 10, `${rows.length} reasons were found`);
  // The file as a whole; its errors have hints of their own.
  const faults = [...rows, 'PathProtected', 'PathUnsafe', 'YamlInvalid'].filter((row) => !row.startsWith('Config'));
  for (const reason of faults) assert.match(hintOf(reason), /^\S.*\.$/u, reason);
});
