import type { ReleaseRule } from '../../shared/config/config.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { isDecided } from '../../shared/unit/release-file.ts';
import { releaseUnit } from '../../shared/unit/unit.ts';
import type { Deps } from './sweep.ts';

/** Asks for release files that neither landed nor were turned away: one may be complete by now, or late. */
export async function sweepReleases(rules: readonly ReleaseRule[], ledger: Ledger, deps: Deps): Promise<void> {
  for (const rule of rules)
    for await (const info of deps.bucket.list(rule.bucket, rule.prefix)) {
      const unit = releaseUnit(rule, rule.bucket, info.key);
      if (unit === null) continue;
      await ledger.load([unit.id]);
      if (!isDecided(ledger.state(unit.id), unit, info))
        await deps.ask([{ kind: 'object', bucket: rule.bucket, key: info.key }]);
    }
}
