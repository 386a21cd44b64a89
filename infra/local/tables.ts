import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { REGION, type TableDefinition } from './definitions.ts';
import { CREDENTIALS } from './queues.ts';

/** DynamoDB on the loopback interface, in memory. */
export interface Tables {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a DynamoDB with these tables, empty. */
export async function startTables(definitions: readonly TableDefinition[]): Promise<Tables> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const client = new DynamoDBClient({ endpoint: url, region: REGION, credentials: CREDENTIALS });
  try {
    await Promise.all(
      definitions.map(({ AttributeDefinitions, KeySchema, ...table }) =>
        client.send(
          new CreateTableCommand({
            ...table,
            AttributeDefinitions: [...AttributeDefinitions],
            KeySchema: [...KeySchema],
          }),
        ),
      ),
    );
  } finally {
    client.destroy();
  }
  return {
    url,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
