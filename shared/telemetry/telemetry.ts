/** One line to the function's log: what happened, in words that do not change, and facts. Never a secret. */
export type Log = (message: string, facts: Readonly<Record<string, unknown>>) => void;

/** What is measured, and in which unit. The names are an interface: alarms, dashboards and people use them. */
export const METRICS = {
  /** Changes that messages brought, those aside that came again. */
  ChangesReceived: 'Count',
  /** Units that landed as commits, reverts aside. */
  Landed: 'Count',
  Rejected: 'Count',
  /** Units that a person's work keeps from landing. */
  Waiting: 'Count',
  /** Units that a person set back. */
  TakenBack: 'Count',
  /** Units that gitferry set back. */
  Reverted: 'Count',
  /** Units that landed because a sweep found what no event had told. */
  MissedRepaired: 'Count',
  PushAttempts: 'Count',
  /** Messages that stay in the queue for a later try. */
  PutOff: 'Count',
  /** Since the oldest of them was sent. */
  OldestPutOff: 'Milliseconds',
  /** By `outcome`. */
  Verdicts: 'Count',
  /** From the change at its source until its commit was pushed. */
  EventToCommit: 'Milliseconds',
  /** From the change at its source until its verdict was recorded. */
  EventToVerdict: 'Milliseconds',
  /** Clusters and ways that could not be told of a landing. */
  NudgesFailed: 'Count',
  /** Channels that could not be told of a notice. */
  NoticesFailed: 'Count',
  /** Requests whose sender could not prove that it may ask, or that make no sense. */
  WebhooksRefused: 'Count',
  /** Sweeps that came to their end. */
  SweepsFinished: 'Count',
  /** Looks at a cluster that came to their end, whatever they found. */
  ClusterSweepsFinished: 'Count',
} as const;

export type Measured = { readonly [Metric in keyof typeof METRICS]?: number };
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** What a function tells of itself beside its log. */
export interface Telemetry {
  /** Adds to counts; notes durations. With an `outcome`, in a row of its own beside the others of that metric. */
  measure(values: Measured, outcome?: string): void;
  /** Does a piece of work as a span of the trace, if anybody takes traces; what the work throws is thrown. */
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
}

/** Tells nobody. */
export const SILENT: Telemetry = { measure: () => {}, span: (_name, _attributes, work) => work() };
