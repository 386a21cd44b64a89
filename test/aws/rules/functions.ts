import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { policyLines } from '../policies.ts';
import { named, ofType, type Template } from '../template.ts';
import type { Rules } from './rules.ts';

const OPERATIONS = join(import.meta.dirname, '../../../docs/operations.md');
/** Those that reach clusters, which may have private addresses. */
const REACHES_CLUSTERS = /^(?:Nudge|Verify|Sweep)/u;

const functions = (template: Template) => ofType(template, 'AWS::Lambda::Function');
/** The anchors of a page's headings, as GitHub makes them. */
const anchors = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Of functions, and of what watches them. */
export const FUNCTIONS: Rules = {
  'every function runs on Node 24, with room reserved, a log that ends, and a role of its own': (template) => {
    const groups = ofType(template, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties);
    for (const [id, { Properties }] of functions(template)) {
      assert.equal(Properties.Runtime, 'nodejs24.x', id);
      assert.ok(Number(Properties.ReservedConcurrentExecutions) > 0, id);
      const group = groups.find(({ LogGroupName }) => LogGroupName === `/aws/lambda/${Properties.FunctionName}`);
      assert.ok(Number(group?.RetentionInDays) > 0, id);
    }
    const roles = functions(template).map(([, { Properties }]) => named(Properties.Role));
    assert.deepEqual(
      roles.sort(),
      ofType(template, 'AWS::IAM::Role')
        .map(([id]) => id)
        .sort(),
    );
  },

  'only receive has an address, and only that may be called by anyone': (template) => {
    const urls = ofType(template, 'AWS::Lambda::Url');
    const receives = 'ReceiveLambdaFunction' in template.Resources;
    assert.deepEqual(
      urls.map(([, { Properties }]) => [named(Properties.TargetFunctionArn), Properties.AuthType]),
      receives ? [['ReceiveLambdaFunction', 'NONE']] : [],
    );
    for (const [id, { Properties }] of ofType(template, 'AWS::Lambda::Permission')) {
      if (named(Properties.FunctionName) === 'ReceiveLambdaFunction') continue;
      assert.equal(Properties.Principal, 'events.amazonaws.com', id);
      assert.ok(Properties.SourceArn !== undefined, id);
    }
    assert.equal(JSON.stringify(template.Outputs).includes('["ReceiveLambdaFunctionUrl","FunctionUrl"]'), receives);
  },

  'only those that reach clusters stand in a network, where there is one': (template) => {
    const placed = functions(template).filter(([, { Properties }]) => Properties.VpcConfig !== undefined);
    const reaching = functions(template).filter(([id]) => REACHES_CLUSTERS.test(id));
    const interfaces = policyLines(template).filter(({ action }) => action === 'ec2:CreateNetworkInterface');
    if (interfaces.length > 0) assert.deepEqual(placed.map(([id]) => id).sort(), reaching.map(([id]) => id).sort());
    else assert.deepEqual(placed, []);
    // What Lambda does by a function's role, its code may not.
    for (const [id, { Properties }] of placed) {
      const denied = interfaces.filter(
        ({ allows, text }) => !allows && text.includes(`function:${Properties.FunctionName}`),
      );
      assert.equal(denied.length, 1, id);
    }
  },

  'what calls nudge and fails is kept': (template) => {
    const kept = ofType(template, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties);
    for (const [id] of functions(template).filter(([id]) => id.startsWith('Nudge'))) {
      const { DestinationConfig } = kept.find(({ FunctionName }) => named(FunctionName) === id) ?? {};
      const { OnFailure } = (DestinationConfig ?? {}) as { OnFailure?: { Destination: unknown } };
      assert.equal(template.Resources[named(OnFailure?.Destination) ?? '']?.Type, 'AWS::SQS::Queue', id);
    }
  },

  'every alarm says what to do, in a part of the runbook that is there, and tells the topic where there is one': async (
    template,
  ) => {
    const there = anchors(await readFile(OPERATIONS, 'utf8'));
    const alarms = ofType(template, 'AWS::CloudWatch::Alarm');
    assert.ok(alarms.length > 5);
    const topics = new Set(alarms.map(([, { Properties }]) => JSON.stringify(Properties.AlarmActions)));
    assert.equal(topics.size, 1);
    for (const [id, { Properties }] of alarms) {
      const [, anchor = ''] = /docs\/operations\.md#([\w-]+)$/u.exec(String(Properties.AlarmDescription)) ?? [];
      assert.ok(there.includes(anchor), `${id}: ${anchor}`);
      assert.ok(['notBreaching', 'breaching', 'ignore'].includes(String(Properties.TreatMissingData)), id);
    }
  },

  'no function sees a secret: its variables hold names': (template) => {
    for (const [id, { Properties }] of functions(template)) {
      const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
      for (const [name, value] of Object.entries(Variables).filter(([name]) => /SECRET|TOKEN|KEY|PASSWORD/u.test(name)))
        assert.match(String(value), /^(?:gitferry\/[\w/-]+)?$/u, `${id}: ${name}`);
    }
  },
};
