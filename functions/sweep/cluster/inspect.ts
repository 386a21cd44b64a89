import type { Cluster, KubeObject } from '../../../shared/agent/cluster.ts';
import { keyOf } from '../../../shared/agent/field.ts';
import { CANARY, readCanary } from '../../../shared/agent/flagger.ts';
import { findFollowers } from '../../../shared/agent/follow.ts';
import { FerryError } from '../../../shared/errors.ts';
import { Draft } from '../../../shared/git/draft.ts';
import type { Remote } from '../../../shared/git/remote.ts';
import { judgeAgents } from './agents.ts';
import { manifestFor, manifestsOf } from './declared.ts';
import { type Finding, keyFor, type Look, type Trials } from './finding.ts';
import { type Holding, holdingsOf } from './holdings.ts';
import { type Forbidden, readSubjects, type Subject } from './live.ts';
import { compareObjects, REASONS } from './objects.ts';
import { standings } from './revisions.ts';
import type { ClusterDeps } from './sweep.ts';

/** With fewer milliseconds left, nothing more is tried out: what was found has to be told. */
const RESERVE = 30_000;

type Deps = Pick<ClusterDeps, 'repository' | 'branch' | 'remote' | 'now' | 'remaining' | 'log'>;

/** Looks at one cluster. Throws what the cluster and Git throw. */
export async function inspect(cluster: Cluster, tip: string, before: Trials, deps: Deps): Promise<Look> {
  const { remote, log } = deps;
  const now = deps.now();
  const followers = await findFollowers(cluster, deps, null);
  const judged = await judgeAgents(followers, deps, standings(remote, tip), now);
  const holdings = holdingsOf(followers);
  const forbidden: Forbidden = new Map(
    Object.entries(before.forbidden).filter(([, until]) => Date.parse(until) > +now),
  );
  const known = new Set(forbidden.keys());
  const subjects = await readSubjects(cluster, holdings, forbidden, now);
  const compared = await compareObjects(cluster, subjects, {
    manifests: await manifestsFor(holdings, subjects, remote, log),
    canaries: holdings.length === 0 ? new Set() : await canariesIn(cluster),
    hasTime: () => deps.remaining() > RESERVE,
    trials: before,
    ...{ forbidden, now },
  });
  for (const deed of forbidden.keys())
    if (!known.has(deed)) log('not allowed, and left out', { cluster: cluster.name, deed });
  if (compared.left > 0) log('left for the next sweep', { cluster: cluster.name, objects: compared.left });
  const [stable, moved] = await stillSo(cluster, compared.findings);
  // A finding that two holdings lead to is one.
  const findings = [...judged.findings, ...stable];
  const unsure = new Set([...judged.unsure, ...unread(holdings, subjects), ...compared.unsure, ...moved]);
  const untried = new Set(compared.untried);
  return { findings, unsure, untried, trials: { after: compared.after, forbidden: Object.fromEntries(forbidden) } };
}

/** Objects of kinds that are not looked at, or not any more. */
function unread(holdings: readonly Holding[], subjects: readonly Subject[]): string[] {
  const read = new Set(subjects.map(({ ref }) => keyOf(ref)));
  const others = holdings.flatMap(({ objects }) => objects).filter((ref) => !read.has(keyOf(ref)));
  return others.flatMap((ref) => REASONS.map((reason) => keyFor(reason, ref)));
}

async function canariesIn(cluster: Cluster): Promise<ReadonlySet<string>> {
  const canaries = await cluster.list(CANARY.apiVersion, CANARY.kind);
  return new Set(canaries.map(readCanary).flatMap(({ target }) => (target === null ? [] : [keyOf(target)])));
}

/** The manifests of the objects, where they can be known; each folder is read once a commit. */
async function manifestsFor(
  holdings: readonly Holding[],
  subjects: readonly Subject[],
  remote: Remote,
  log: Deps['log'],
): Promise<ReadonlyMap<Subject, KubeObject>> {
  const found = new Map<Subject, KubeObject>();
  const drafts = new Map<string, Draft>();
  for (const holding of holdings) {
    const { commit, follower, busy } = holding;
    const own = subjects.filter((one) => one.holding === holding);
    if (commit === null || follower.path === null || follower.suspended || busy || own.length === 0) continue;
    const draft = drafts.get(commit) ?? new Draft(remote, commit);
    drafts.set(commit, draft);
    const manifests = await manifestsOf(draft, follower.path).catch((error: unknown) => {
      // Taken off the branch, and out of the repository.
      if (error instanceof FerryError && error.reason === 'ObjectMissing') return null;
      throw error;
    });
    if (manifests === null) log('not compared with its files', { object: follower.ref, commit });
    for (const subject of own) {
      const manifest = manifestFor(subject.ref, manifests ?? []);
      if (manifest !== null) found.set(subject, manifest);
    }
  }
  return found;
}

/** Findings of objects whose agent has done nothing since the look began; of all others nobody knows. */
async function stillSo(
  cluster: Cluster,
  findings: readonly (readonly [Subject, Finding])[],
): Promise<readonly [readonly Finding[], readonly string[]]> {
  const holdings = new Set(findings.map(([{ holding }]) => holding));
  const moved = new Set<Holding>();
  await Promise.all(
    [...holdings].map(async (holding) => {
      const { ref, object } = holding.follower;
      const again = await cluster.get(ref);
      if (again?.metadata.resourceVersion !== object.metadata.resourceVersion) moved.add(holding);
    }),
  );
  const stable = findings.flatMap(([{ holding }, one]) => (moved.has(holding) ? [] : [one]));
  const unsure = findings.flatMap(([{ holding }, one]) => (moved.has(holding) ? [keyFor(one.reason, one.object)] : []));
  return [stable, unsure];
}
