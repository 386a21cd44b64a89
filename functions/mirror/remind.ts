import { recordOf } from '../../shared/ledger/state.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { whereOf } from './announce.ts';
import { addressOf, type Batch } from './batch.ts';
import type { Deps } from './deps.ts';

/** Tells once more, under the same id, what the ledger holds of these units: it may never have been told. */
export async function remind(units: ReadonlySet<string>, batch: Batch, deps: Deps): Promise<void> {
  const told = new Set(batch.events.map(({ id }) => id));
  const notices = [...units].flatMap((unit) => outcomes(unit, batch, deps)).filter(({ id }) => !told.has(id));
  if (notices.length > 0) await deps.bus.put(notices.map(({ notice }) => notice));
}

function outcomes(unit: string, batch: Batch, deps: Deps): { readonly id: string; readonly notice: Notice }[] {
  const state = batch.state(unit);
  const record = recordOf(state);
  const where = { ...whereOf(deps), unit };
  const found: { id: string; notice: Notice }[] = [];
  if (record?.release != null && record.verdict === null) {
    const { release, version, content, commit, summary, publisher, at, source } = record;
    const detail = { release, version, content, commit, summary, publisher, landedAt: at };
    const from = source === null ? null : addressOf(source);
    found.push({ id: release, notice: { type: 'Landed', detail: { ...where, ...detail, source: from } } });
  }
  for (const { rule: _, source, ...rejection } of Object.values(state.rejected)) {
    const from = source === null ? null : addressOf(source);
    found.push({ id: rejection.id, notice: { type: 'Rejected', detail: { ...where, ...rejection, source: from } } });
  }
  if (state.waiting !== null)
    found.push({ id: state.waiting.id, notice: { type: 'Waiting', detail: { ...where, ...state.waiting } } });
  return found;
}
