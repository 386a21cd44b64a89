import type { LedgerEvent } from '../shared/ledger/event.ts';
import { printable } from '../shared/printable.ts';

/** An event on one line: when, what became of it, of what, and what there is to say. */
export function formatEvent(event: LedgerEvent): string {
  const unit = event.unit ?? event.source ?? '';
  const parts = [event.at.replace(/\.\d+Z$/u, 'Z'), event.type.padEnd(10), unit, ...said(event)];
  return printable(
    parts
      .filter((part) => part !== '')
      .join('  ')
      .replaceAll('\n', ' '),
  );
}

function said(event: LedgerEvent): readonly string[] {
  switch (event.type) {
    case 'landed':
      return [event.version ?? '', event.commit.slice(0, 7), event.summary];
    case 'adopted':
      return [event.version ?? ''];
    case 'rejected':
    case 'waiting':
    case 'stalled':
      return [`${event.reason}: ${event.message}`];
    case 'verdict':
      return [event.verdict, event.release, `${event.reason}: ${event.message}`];
    case 'asked':
      return [`take back ${event.release}`, event.by ?? '', event.why];
    case 'lifted':
      return [event.contents.map((content) => content.slice(0, 19)).join(', '), event.by ?? ''];
    case 'taken-back':
      return [event.paths.join(', ')];
  }
}
