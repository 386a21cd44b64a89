import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { Retryable, Stalled } from '../../../shared/errors.ts';
import { printable } from '../../../shared/printable.ts';
import type { Channel } from './channel.ts';

/** What SNS takes as a subject: ASCII, on one line, below 100 characters, not starting with a space. */
const SUBJECT = 100;

/** A topic of SNS: mail, SMS, queues, functions, chat. Attributes for the filters of subscriptions. */
export function topicChannel(client: SNSClient, arn: string): Channel {
  return {
    id: 'topic',
    async send(told, message, key) {
      const { type, detail } = told;
      const facts = { type, severity: message.severity, key, ...scalarsOf(detail) };
      const attributes = {
        ...{ type, severity: message.severity, deployment: detail.deployment },
        ...('unit' in detail ? { unit: detail.unit } : {}),
        ...('verdict' in detail ? { verdict: detail.verdict } : {}),
        facts: JSON.stringify(facts),
      };
      const command = new PublishCommand({
        TopicArn: arn,
        Subject: subjectOf(message.subject),
        Message: `${message.subject}\n\n${message.text}`,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).flatMap(([name, value]) =>
            value ? [[name, { DataType: 'String', StringValue: name === 'facts' ? value : short(value) }]] : [],
          ),
        ),
      });
      await client.send(command).catch((cause: unknown) => {
        const { name = '', $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
        const status = $metadata?.httpStatusCode ?? 0;
        if (status >= 400 && status < 500 && status !== 429 && !/Throttl/u.test(name))
          throw new Stalled('ChannelRefused', `The topic refused the message (${name}).`, {
            hint: 'Check the parameter topic, and that the role of notify may publish to it.',
            cause,
          });
        throw new Retryable('ChannelUnavailable', 'The topic did not take the message.', { cause });
      });
    },
  };
}

/** Where a topic is, which need not be that of the function. */
export function placeOf(arn: string): { readonly region?: string } {
  const region = arn.split(':')[3];
  return region ? { region } : {};
}

/** What the filter of a subscription can match, and no parser stumbles over. */
function short(value: string): string {
  return printable(value.slice(0, 500));
}

function subjectOf(text: string): string {
  const ascii = text.replaceAll(/[^ -~]/gu, '?').replace(/^ +/u, '');
  return ascii.length > SUBJECT ? `${ascii.slice(0, SUBJECT - 3)}...` : ascii;
}

/** What of a detail is a word or a number, and short. */
function scalarsOf(detail: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(detail).filter(
      ([, value]) =>
        value === null || typeof value === 'boolean' || (typeof value === 'string' && value.length <= 1000),
    ),
  );
}
