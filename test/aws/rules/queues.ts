import assert from 'node:assert/strict';
import { listed, named, ofType, type Statement, type Template } from '../template.ts';
import type { Rules } from './rules.ts';

const FOURTEEN_DAYS = 14 * 24 * 60 * 60;

interface Queue {
  readonly VisibilityTimeout?: number;
  readonly MessageRetentionPeriod: number;
  readonly SqsManagedSseEnabled?: boolean;
  readonly KmsMasterKeyId?: unknown;
  readonly RedrivePolicy?: { readonly deadLetterTargetArn: unknown };
}
interface Mapping {
  readonly EventSourceArn: unknown;
  readonly FunctionName: unknown;
  readonly BatchSize: number;
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly FunctionResponseTypes: readonly string[];
  readonly ScalingConfig: { readonly MaximumConcurrency: number };
}
interface Policy {
  readonly Queues: readonly unknown[];
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

const queues = (template: Template) =>
  ofType(template, 'AWS::SQS::Queue').map(([id, { Properties }]) => [id, Properties as unknown as Queue] as const);
const mappings = (template: Template) =>
  ofType(template, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties as unknown as Mapping);
const policies = (template: Template) =>
  ofType(template, 'AWS::SQS::QueuePolicy').map(([, { Properties }]) => Properties as unknown as Policy);
const deadLetters = (template: Template): ReadonlySet<string | null> =>
  new Set(
    queues(template).flatMap(([, { RedrivePolicy }]) =>
      RedrivePolicy ? [named(RedrivePolicy.deadLetterTargetArn)] : [],
    ),
  );

/** What issues and AWS' documentation ask of every queue and of what reads it. */
export const QUEUES: Rules = {
  'every queue is encrypted, and keeps messages for 14 days': (template) => {
    for (const [id, queue] of queues(template)) {
      assert.ok(queue.SqsManagedSseEnabled === true || queue.KmsMasterKeyId !== undefined, id);
      assert.equal(queue.MessageRetentionPeriod, FOURTEEN_DAYS, id);
    }
  },

  'every queue that a function reads has dead letters of its own, and is hidden for six times the time-out': (
    template,
  ) => {
    const read = mappings(template);
    assert.ok(read.length >= 3);
    const dead = read.map(({ EventSourceArn, FunctionName }) => {
      const id = named(EventSourceArn) ?? '';
      const queue = template.Resources[id]?.Properties as unknown as Queue;
      const timeout = Number(template.Resources[named(FunctionName) ?? '']?.Properties.Timeout);
      assert.equal(queue.VisibilityTimeout, 6 * timeout, id);
      return named(queue.RedrivePolicy?.deadLetterTargetArn);
    });
    assert.ok(!dead.includes(null));
    assert.equal(new Set(dead).size, read.length);
    assert.equal(new Set(read.map(({ EventSourceArn }) => named(EventSourceArn))).size, read.length);
  },

  'functions get ten messages at once without a wait, report those that failed, and no more at a time than are reserved':
    (template) => {
      for (const mapping of mappings(template)) {
        assert.equal(mapping.BatchSize, 10);
        assert.equal(mapping.MaximumBatchingWindowInSeconds ?? 0, 0);
        assert.deepEqual(mapping.FunctionResponseTypes, ['ReportBatchItemFailures']);
        const reserved = template.Resources[named(mapping.FunctionName) ?? '']?.Properties.ReservedConcurrentExecutions;
        assert.equal(mapping.ScalingConfig.MaximumConcurrency, reserved);
      }
    },

  'every queue is spoken to by TLS alone, and fed by none but rules of this account that lead to it': (template) => {
    const governed = policies(template).map(({ Queues, PolicyDocument }) => {
      const [id = '', ...others] = Queues.map(named);
      assert.deepEqual(others, []);
      const arn = { 'Fn::GetAtt': [id, 'Arn'] };
      const denied = PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Deny');
      assert.deepEqual(
        denied.map(({ Principal, Action, Resource, Condition }) => [Principal, Action, Resource, Condition]),
        [['*', 'sqs:*', arn, { Bool: { 'aws:SecureTransport': 'false' } }]],
        String(id),
      );
      const rules = ofType(template, 'AWS::Events::Rule').filter(([, { Properties }]) =>
        listed(Properties.Targets as { Arn: unknown }[]).some(({ Arn }) => named(Arn) === id),
      );
      const allowed = PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow');
      assert.equal(allowed.length, rules.length === 0 ? 0 : 1, String(id));
      for (const { Principal, Action, Resource, Condition } of allowed) {
        assert.deepEqual([Principal, Action, Resource], [{ Service: 'events.amazonaws.com' }, 'sqs:SendMessage', arn]);
        const { ArnEquals, StringEquals } = Condition as Record<string, Record<string, unknown>>;
        assert.deepEqual(listed(ArnEquals?.['aws:SourceArn']).map(named).sort(), rules.map(([rule]) => rule).sort());
        assert.deepEqual(StringEquals, { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
      }
      return id;
    });
    assert.deepEqual(
      governed.sort(),
      queues(template)
        .map(([id]) => id)
        .sort(),
    );
  },

  'every queue of dead letters has an alarm': (template) => {
    const read = new Set(mappings(template).map(({ EventSourceArn }) => named(EventSourceArn)));
    const unread = queues(template).filter(([id]) => !read.has(id));
    assert.ok([...deadLetters(template)].every((id) => unread.some(([other]) => other === id)));
    const watched = ofType(template, 'AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) => Properties.MetricName === 'ApproximateNumberOfMessagesVisible')
      .flatMap(([, { Properties }]) => (Properties.Dimensions as { Value: string }[]).map(({ Value }) => Value));
    for (const [id, queue] of unread) {
      const { QueueName } = queue as unknown as { QueueName: string };
      assert.ok(watched.includes(QueueName), id);
    }
  },
};
