import type { Reported } from '../../shared/notice/look.ts';
import type { Chain } from './chain/chain.ts';

/** A report that names what is known to be none of a chain's is not for it; what is not known yet may be. */
export function concerns({ learnt, landed }: Pick<Chain, 'learnt' | 'landed'>, objects: readonly Reported[]): boolean {
  const declared = learnt.own?.objects ?? [];
  if (objects.length === 0 || declared.length === 0 || landed.image !== null) return true;
  const workloads = objects.filter(({ kind }) => /^(?:Deployment|StatefulSet|DaemonSet)$/u.test(kind));
  if (workloads.length < objects.length) return true;
  return workloads.some((one) => declared.some(({ kind, name }) => kind === one.kind && one.name.includes(name)));
}
