interface TestEvent {
  readonly type: string;
  readonly data: { readonly file?: string; readonly counts?: Readonly<Record<string, number>> };
}

/** Gives the final counts of a run as JSON. */
export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    // Each test file has a summary too; that of the whole run names no file.
    if (type === 'test:summary' && data.file === undefined) yield JSON.stringify(data.counts);
  }
}
