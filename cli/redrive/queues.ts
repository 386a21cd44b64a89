import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Stalled } from '../../shared/errors.ts';

/** What may have dead letters: the queues, and what `nudge` is told by the bus. */
export const KINDS = ['changes', 'looks', 'notices', 'nudge'] as const;
export type Kind = (typeof KINDS)[number];

/** A dead-letter queue of a deployment. */
export interface DeadQueue {
  readonly kind: Kind;
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  /** Where its messages belong; null for those of `nudge`, which came by the bus. */
  readonly source: string | null;
  /** Messages that wait there, about. */
  readonly depth: number;
}

/** Those of these kinds that the deployment has. Throws what SQS throws; Stalled QueueMissing where one has only its dead letters left. */
export async function findDeadQueues(
  sqs: SQSClient,
  deployment: string,
  kinds: readonly Kind[],
): Promise<readonly DeadQueue[]> {
  const found = await Promise.all(
    kinds.map(async (kind): Promise<readonly DeadQueue[]> => {
      const name = `gitferry-${deployment}-${kind}-dead`;
      const url = await urlOf(sqs, name);
      if (url === null) return [];
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages'] }),
      );
      const source = kind === 'nudge' ? null : await sourceOf(sqs, `gitferry-${deployment}-${kind}`);
      const { QueueArn: arn = '', ApproximateNumberOfMessages: depth = 0 } = Attributes;
      return [{ kind, name, url, arn, source, depth: Number(depth) }];
    }),
  );
  return found.flat();
}

async function sourceOf(sqs: SQSClient, name: string): Promise<string> {
  const url = await urlOf(sqs, name);
  if (url !== null) return url;
  throw new Stalled('QueueMissing', `There is no queue ${name}, to which its dead letters belong.`, {
    hint: 'Deploy again; they stay for 14 days.',
  });
}

async function urlOf(sqs: SQSClient, QueueName: string): Promise<string | null> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? null;
  } catch (error) {
    if (/NonExistentQueue|QueueDoesNotExist/u.test((error as Error).name)) return null;
    throw error;
  }
}
