import { type Attributes, METRICS, type Telemetry } from '../../shared/telemetry/telemetry.ts';

/** What was measured, added up; durations as they came. */
export class Gauge implements Telemetry {
  counts: Record<string, number> = {};
  times: Record<string, number[]> = {};
  readonly spans: (readonly [string, Attributes])[] = [];

  measure: Telemetry['measure'] = (values, outcome) => {
    for (const [name, value] of Object.entries(values)) {
      const key = outcome === undefined ? name : `${name} ${outcome}`;
      if (METRICS[name as keyof typeof METRICS] === 'Milliseconds')
        this.times[name] = [...(this.times[name] ?? []), value];
      else this.counts[key] = (this.counts[key] ?? 0) + value;
    }
  };

  span: Telemetry['span'] = (name, attributes, work) => {
    this.spans.push([name, attributes]);
    return work();
  };
}
