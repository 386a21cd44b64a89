import type { ObjectChange } from '../../shared/change/change.ts';
import type { ReleaseRule } from '../../shared/config/config.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { isDecided } from '../../shared/unit/release-file.ts';
import { releaseUnit } from '../../shared/unit/unit.ts';
import { isHeldUp } from './ask.ts';
import type { Deps } from './sweep.ts';

/**
 * Asks for release files that neither landed nor were turned away: one may be complete by now, or late. The ledger does not
 * know which of them were told and wait for what they name: one that lands by this alone was missed.
 */
export async function sweepReleases(rules: readonly ReleaseRule[], ledger: Ledger, deps: Deps): Promise<void> {
  const open = new Map<string, ObjectChange>();
  for (const rule of rules)
    for await (const info of deps.bucket.list(rule.bucket, rule.prefix)) {
      const unit = releaseUnit(rule, rule.bucket, info.key);
      if (unit === null) continue;
      await ledger.load([unit.id]);
      const state = ledger.state(unit.id);
      if (isDecided(state, unit, info)) continue;
      const change = { kind: 'object', bucket: rule.bucket, key: info.key } as const;
      open.set(unit.id, state !== null && isHeldUp(state) ? change : { ...change, missed: true });
    }
  if (open.size > 0) deps.log('asked again', { units: [...open.keys()] });
  await deps.ask([...open.values()]);
}
