// Stands in bundles for what the AWS clients do with event streams, which only operations have that gitferry never calls. The
// clients import it dynamically, and esbuild can shake nothing that is reached from such an import: most of their core.

/** Takes the place of a class that is made for the first event of a stream. */
export class EventStreamSerde {
  constructor() {
    throw new Error('Bundles of gitferry read and write no event streams.');
  }
}

export function eventStreamSerdeProvider(): undefined {
  return undefined;
}

export function resolveEventStreamSerdeConfig<T extends object>(config: T): T {
  return config;
}
