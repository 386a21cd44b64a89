import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRICS, type Telemetry } from './telemetry.ts';

/** What CloudWatch files our metrics under. */
const NAMESPACE = 'gitferry';

/** Metrics of one function, as lines of its log that CloudWatch reads (the embedded metric format): no call, no permission. */
export interface Meter {
  /** Counts a cold start, the first time. */
  begin(): void;
  readonly measure: Telemetry['measure'];
  /** Writes what was measured since. */
  flush(): void;
}

/** Measures nothing. */
export const NO_METER: Meter = { begin: () => {}, measure: () => {}, flush: () => {} };

/** Its dimensions are `service`, the function, and `deployment`. */
export function cloudWatchMeter(service: string, deployment: string): Meter {
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: service, defaultDimensions: { deployment } });
  return {
    begin: () => metrics.captureColdStartMetric(),
    measure(values, outcome) {
      for (const [name, value] of Object.entries(values)) {
        const unit = MetricUnit[METRICS[name as keyof typeof METRICS]];
        const to = outcome === undefined ? metrics : metrics.singleMetric().addDimension('outcome', outcome);
        to.addMetric(name, unit, value);
      }
    },
    flush() {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
