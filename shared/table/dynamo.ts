import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { Retryable } from '../errors.ts';
import type { Item, Table } from './table.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** What must hold of the item that is replaced. */
interface Condition {
  readonly text: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Attributes;
}

/**
 * A table of DynamoDB whose key is `id`: `value` is JSON, `version` a number, `expires` its TTL attribute in seconds since
 * 1970, rounded up. DynamoDB removes what expired within days; until then it counts as gone here. So does what nobody
 * here can have written, which the next writing replaces.
 */
export function dynamoTable(client: DynamoDBClient, name: string, now: () => Date = () => new Date()): Table {
  async function find(key: string): Promise<Attributes | null> {
    const command = new GetItemCommand({ TableName: name, Key: { id: { S: key } }, ConsistentRead: true });
    const { Item: found } = await client.send(command).catch(unavailable);
    return found ?? null;
  }

  async function put(item: Record<string, AttributeValue>, { text, names, values }: Condition): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: name,
      Item: item,
      ConditionExpression: text,
      ExpressionAttributeNames: { ...names },
      ExpressionAttributeValues: { ...values },
    });
    return client.send(command).then(
      () => true,
      (error: unknown) => (error instanceof ConditionalCheckFailedException ? false : unavailable(error)),
    );
  }

  return {
    async read(key) {
      const found = await find(key);
      return found === null || isOver(found, now()) ? null : itemOf(found);
    },

    async write(key, value, version, expires) {
      const item = {
        id: { S: key },
        value: { S: JSON.stringify(value) },
        version: { N: String((version ?? 0) + 1) },
        expires: { N: String(Math.ceil(expires.getTime() / 1000)) },
      };
      if (await put(item, version === null ? gone(now()) : still(version, now()))) return true;
      if (version !== null) return false;
      const present = await find(key);
      return present !== null && itemOf(present) === null && put(item, exactly(present));
    },
  };
}

function gone(now: Date): Condition {
  return {
    text: 'attribute_not_exists(#id) OR #expires <= :now',
    names: { '#id': 'id', '#expires': 'expires' },
    values: { ':now': secondsOf(now) },
  };
}

function still(version: number, now: Date): Condition {
  return {
    text: '#version = :version AND #expires > :now',
    names: { '#version': 'version', '#expires': 'expires' },
    values: { ':version': { N: String(version) }, ':now': secondsOf(now) },
  };
}

/** Of an item that can't be read: nobody has replaced it meanwhile. */
function exactly(present: Attributes): Condition {
  const names = ['id', 'value', 'version', 'expires'];
  const tests = names.map((name) => (name in present ? `#${name} = :${name}` : `attribute_not_exists(#${name})`));
  return {
    text: tests.join(' AND '),
    names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    values: Object.fromEntries(names.flatMap((name) => (present[name] ? [[`:${name}`, present[name]]] : []))),
  };
}

function secondsOf(now: Date): AttributeValue {
  return { N: String(now.getTime() / 1000) };
}

function isOver({ expires }: Attributes, now: Date): boolean {
  return Number(expires?.N) <= now.getTime() / 1000;
}

/** Null when it can't be read. */
function itemOf({ value, version, expires }: Attributes): Item | null {
  const number = Number(version?.N);
  if (value?.S === undefined || !Number.isSafeInteger(number) || expires?.N === undefined) return null;
  try {
    return { value: JSON.parse(value.S), version: number };
  } catch {
    return null;
  }
}

function unavailable(cause: unknown): never {
  throw new Retryable('TableUnavailable', 'The table of small state did not answer as it should.', { cause });
}
