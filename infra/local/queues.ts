import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { ACCOUNT, type QueueDefinition, REGION } from './definitions.ts';

/** What any AWS client of the embedded run signs with; nobody checks it. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The queues of the deployment, at an address that speaks SQS. */
export class Queues {
  readonly #client: SQSClient;
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#client = new SQSClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  }

  url(name: string): string {
    return `${this.#endpoint}/${ACCOUNT}/${name}`;
  }

  urlOfArn(arn: string): string {
    return this.url(arn.slice(arn.lastIndexOf(':') + 1));
  }

  async create({ name, attributes }: QueueDefinition): Promise<void> {
    await this.#client.send(new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }));
  }

  async send(arn: string, body: string): Promise<void> {
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.urlOfArn(arn), MessageBody: body }));
  }

  /** Waits up to 20 s for messages; none when it is told to stop. */
  async receive(arn: string, count: number, stop: AbortSignal): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.urlOfArn(arn),
      MaxNumberOfMessages: count,
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await this.#client.send(command, { abortSignal: stop });
    return Messages;
  }

  async delete(arn: string, messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
    await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.urlOfArn(arn), Entries }));
  }

  /** Messages that wait now, and those that somebody has received and not deleted; none that is due later. */
  async depth(arn: string): Promise<number> {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.urlOfArn(arn),
      AttributeNames: [...AttributeNames],
    });
    const { Attributes = {} } = await this.#client.send(command);
    return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
  }

  close(): void {
    this.#client.destroy();
  }
}
