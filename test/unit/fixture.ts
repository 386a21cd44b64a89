import type { Mirror } from '../../shared/config/config.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { emptyState, type Places, type Release, type UnitState } from '../../shared/ledger/state.ts';
import type { Candidate } from '../../shared/unit/choose.ts';
import { mirrorUnit, type Unit } from '../../shared/unit/unit.ts';

/** The one mirror of a gitferry.yaml: these lines beside its bucket. */
export function mirrorWith(...lines: readonly string[]): Mirror {
  const text = [
    'apiVersion: gitferry.dev/v1',
    'mirrors:',
    '  - bucket: releases',
    ...lines.map((line) => `    ${line}`),
  ];
  return parseConfig(Buffer.from(`${text.join('\n')}\n`)).mirrors[0] as Mirror;
}

export function chartUnit(...lines: readonly string[]): Unit {
  const mirror = mirrorWith('prefix: charts/', 'chart: charts/{name}', ...lines);
  return mirrorUnit(mirror, 'web');
}

export function fileUnit(...lines: readonly string[]): Unit {
  const mirror = mirrorWith('prefix: config/', 'files: apps', ...lines);
  return mirrorUnit(mirror, 'a.yaml');
}

/** A digest, an oid or a standing that can be told from others: by one hex digit. */
export const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
export const standing = (digit: string): string => `100644 ${digit.repeat(40)}`;

/** An archive of the chart `web`; `minute` is when it was uploaded. */
export function archive(version: string, minute = 0, etag = version): Candidate {
  const modified = new Date(minute * 60_000).toISOString();
  return { key: `charts/web-${version}.tgz`, etag, versionId: null, size: 1, modified, version };
}

/** A release of an archive. */
export function released(unit: Unit, { key, etag, modified, version }: Candidate, content: string): Release {
  return {
    release: `01J${content.slice(7, 10)}`,
    version,
    content,
    rule: unit.mirror.digest,
    changed: { 'charts/web': `40000 ${content.slice(7, 47)}` },
    root: 'charts/web',
    source: { bucket: 'releases', key, etag, versionId: null, modified },
    publisher: null,
    summary: '',
    commit: null,
    at: modified,
    verdict: null,
  };
}

/** A release of a unit of files that changed these places. */
export function changing(content: string | null, changed: Places): Release {
  const from = { release: `01J${content?.slice(7, 10)}`, version: null, rule: digest('0'), root: 'apps', source: null };
  return { ...from, content, changed, publisher: null, summary: '', commit: null, at: '', verdict: null };
}

export function stateOf(unit: string, some: Partial<UnitState> = {}): UnitState {
  return { ...emptyState(unit), ...some };
}
