import * as z from 'zod';

const notification = z.looseObject({ Type: z.literal('Notification'), TopicArn: z.string(), Message: z.string() });
const snsRecord = z.looseObject({ EventSource: z.literal('aws:sns'), Sns: z.looseObject({ Message: z.string() }) });
const sqsRecord = z.looseObject({ eventSource: z.literal('aws:sqs'), body: z.string() });

/** The text that an envelope of SNS or SQS carries, or null for what is no envelope. */
export function textInside(value: unknown): string | null {
  return (
    notification.safeParse(value).data?.Message ??
    snsRecord.safeParse(value).data?.Sns.Message ??
    sqsRecord.safeParse(value).data?.body ??
    null
  );
}
