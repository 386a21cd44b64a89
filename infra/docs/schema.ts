import * as z from 'zod';
import { configSchema } from '../../shared/config/schema.ts';

/** The part of JSON Schema that `gitferry.yaml` needs. */
export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** What editors check `gitferry.yaml` by: the shape that the parser itself checks, of what a person writes. */
export function jsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'gitferry.yaml', ...rest } as JsonSchema;
}
