import type { Cluster, ObjectRef } from '../../../shared/agent/cluster.ts';
import { refOf } from '../../../shared/agent/field.ts';
import { FLUX, readHelmRelease } from '../../../shared/agent/flux.ts';
import { findFollowers, follows } from '../../../shared/agent/follow.ts';
import type { Follower } from '../../../shared/agent/follower.ts';
import { WORKLOADS } from '../../../shared/agent/workload.ts';
import type { Landed } from '../../../shared/notice/landed.ts';
import type { ClusterFacts, FollowerFacts, Reach } from '../facts.ts';
import { names, namesPath } from '../judge/blame.ts';
import { applicationSaid } from './argo-cd.ts';
import { declaredReleaseSaid, helmReleaseSaid, kustomizationSaid, type Question, type Said } from './flux.ts';
import { type Matched, matchOwn } from './match.ts';
import type { Own } from './own.ts';
import { isWorkload, readWorkloads } from './workloads.ts';

/** One look at one cluster. Throws what its lists throw. */
export async function lookAtCluster(
  cluster: Cluster,
  landed: Landed,
  readOwn: () => Promise<Own>,
  reach: (revision: string | null) => Promise<Reach>,
): Promise<ClusterFacts> {
  const followers = await findFollowers(cluster, landed, landed.paths);
  const appliers = followers.filter(({ kind }) => kind !== 'source');
  if (appliers.length === 0) return { cluster: cluster.name, fault: null, followers: [], workloads: [], missing: [] };
  const own = await readOwn();
  const question = { reach, commit: landed.commit, parents: own.parents, followers };
  const direct = await Promise.all(appliers.map((follower) => saidBy(follower, question, landed)));
  const matched = matchOwn(
    own.objects,
    direct.flatMap(({ held }) => held),
  );
  const near = direct.filter((one, index) => !isStranger(appliers[index] as Follower, one, landed, own, matched));
  const said = [...near, ...(await declaredReleases(cluster, matched.found, near))];
  const workloads = await workloadsOfUnit(cluster, landed, own, said, matched);
  return {
    cluster: cluster.name,
    fault: null,
    followers: said.map((one) => factsOf(one, landed, own, matched, workloads.length > 0)),
    workloads,
    missing: matched.missing.map(({ kind, name }) => `${kind} ${name}`),
  };
}

/**
 * Whether an object follows another folder, and brings nothing of the unit from there: a Kustomization can build on files
 * elsewhere, but on no chart, and what it has applied shows whether it did.
 */
function isStranger(
  follower: Follower,
  { applied, held }: Said,
  { paths }: Landed,
  own: Own,
  { found }: Matched,
): boolean {
  if (follower.kind !== 'kustomization' || paths.some((path) => follows(follower, path))) return false;
  return own.chart || (own.objects.length > 0 && applied === 'ours' && !held.some((ref) => found.includes(ref)));
}

function saidBy(follower: Follower, question: Question, landed: Landed): Promise<Said> {
  if (follower.kind === 'kustomization') return kustomizationSaid(follower, question);
  if (follower.kind === 'helm-release') return helmReleaseSaid(follower, question);
  return applicationSaid(follower, question, landed);
}

/** HelmReleases that stand in the unit's own files: what they are told there is applied only when Helm has done it. */
async function declaredReleases(
  cluster: Cluster,
  found: readonly ObjectRef[],
  direct: readonly Said[],
): Promise<Said[]> {
  const refs = found.filter((ref) => ref.kind === FLUX.helmRelease.kind);
  if (refs.length === 0) return [];
  const { apiVersion, kind } = FLUX.helmRelease;
  const objects = await cluster.list(apiVersion, kind);
  return refs.flatMap(({ namespace, name }) => {
    const object = objects.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    if (object === undefined || direct.some((one) => one.name === `${kind} ${namespace}/${name}`)) return [];
    const holder = direct.find(({ held }) => held.some((ref) => ref.kind === kind && ref.name === name));
    return [declaredReleaseSaid(object, holder?.applied ?? 'unknown')];
  });
}

/**
 * The unit's workloads: those that its files declare; those of its charts; and, where an image is named in other places
 * than its workloads, all that its agents hold and that have a container of it.
 */
async function workloadsOfUnit(
  cluster: Cluster,
  landed: Landed,
  own: Own,
  said: readonly Said[],
  { found }: Matched,
): Promise<ClusterFacts['workloads']> {
  const releases = said.filter(({ kind }) => kind === 'helm-release');
  const ofCharts = (await Promise.all(releases.map((one) => workloadsOfRelease(cluster, one)))).flat();
  const declared = found.filter(isWorkload);
  const searched = declared.length === 0 && (landed.image !== null || own.chart);
  const applications = said.filter(({ kind }) => landed.image !== null || kind === 'application');
  const others = searched ? applications.flatMap(({ held }) => held).filter(isWorkload) : [];
  const certain = [...declared, ...(landed.image === null ? [...ofCharts, ...others] : [])];
  const using = landed.image === null ? [] : [...ofCharts, ...others];
  const watched = own.chart || own.objects.some(({ kind }) => kind === 'ConfigMap' || kind === 'Secret');
  const lists = await Promise.all([
    readWorkloads(cluster, certain, landed, { onlyUsing: false, watched }),
    readWorkloads(cluster, using, landed, { onlyUsing: true, watched }),
  ]);
  return [...new Map(lists.flat().map((one) => [one.name, one])).values()];
}

/** By Helm's inventory where it has one, else by the labels that Flux puts on all that a release makes. */
async function workloadsOfRelease(cluster: Cluster, { held, name }: Said): Promise<readonly ObjectRef[]> {
  if (held.length > 0) return held.filter(isWorkload);
  const [, path = ''] = name.split(' ');
  const [namespace = '', own = ''] = path.split('/');
  const releases = await cluster.list(FLUX.helmRelease.apiVersion, FLUX.helmRelease.kind);
  const object = releases.find(({ metadata }) => metadata.name === own && metadata.namespace === namespace);
  if (object === undefined) return [];
  const labels = `helm.toolkit.fluxcd.io/name=${own},helm.toolkit.fluxcd.io/namespace=${namespace}`;
  const target = readHelmRelease(object).spec.targetNamespace ?? namespace;
  const lists = await Promise.all(
    WORKLOADS.map(({ apiVersion, kind }) => cluster.list(apiVersion, kind, { namespace: target, labels })),
  );
  return lists.flat().map((one) => refOf(one));
}

function factsOf(
  { held, ...said }: Said,
  { paths }: Landed,
  own: Own,
  { found }: Matched,
  judged: boolean,
): FollowerFacts {
  const words = said.failing?.message ?? '';
  const helm = said.kind === 'helm-release';
  const named = helm || own.objects.some((one) => names(words, one)) || namesPath(words, paths);
  const holds = helm || held.some((ref) => found.includes(ref));
  // An Application that is not Healthy, with no workload of the unit to judge instead, has not come to its end.
  const open = said.kind === 'application' && said.ready !== true && !judged;
  return { ...said, named, holds, applied: open && said.applied === 'ours' ? 'before' : said.applied };
}
