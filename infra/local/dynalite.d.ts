declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Makes a server that speaks DynamoDB; without a path its tables are in memory. */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}
