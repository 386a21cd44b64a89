import { listed, type Resource, type Statement, type Template } from './template.ts';

/** One line of a policy: what one action may be done to, by whom, and when. */
export interface Line {
  /** The logical id of the role, or of the policy of a resource. */
  readonly of: string;
  readonly action: string;
  readonly resource: string;
  readonly allows: boolean;
  /** `allow  s3:GetObject  arn:…/*  if …` */
  readonly text: string;
}

/** Values with functions of CloudFormation in them, as short as says what they are: `Bus.Arn`, `${AWS::Region}`. */
export function readable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(readable).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value);
  const [[name, inner] = ['', null]] = entries;
  if (entries.length === 1 && name === 'Ref') return `\${${inner}}`;
  if (entries.length === 1 && name === 'Fn::GetAtt') return (inner as string[]).join('.');
  if (entries.length === 1 && name === 'Fn::Sub' && typeof inner === 'string') return inner;
  if (entries.length === 1 && name === 'Fn::Join') {
    const [separator, parts] = inner as [string, unknown[]];
    return parts.map(readable).join(separator);
  }
  return `{${entries.map(([key, one]) => `${key}: ${readable(one)}`).join(', ')}}`;
}

function linesOf(of: string, { Effect, Principal, Action, Resource: on, Condition }: Statement): readonly Line[] {
  const who = Principal === undefined ? '' : `  by ${readable(Principal)}`;
  const when = Condition === undefined ? '' : `  if ${readable(Condition)}`;
  const effect = Effect.toLowerCase().padEnd(5);
  return listed(Action).flatMap((action) =>
    listed(on).map((one) => {
      const resource = readable(one);
      return {
        of,
        action,
        resource,
        allows: Effect === 'Allow',
        text: `${effect}  ${action}  ${resource}${who}${when}`,
      };
    }),
  );
}

const statements = (policy: unknown): readonly Statement[] =>
  listed((policy as { Statement?: Statement | readonly Statement[] } | undefined)?.Statement);

/** Where each kind of resource keeps policies. Throws on kinds that grant in a way that is not known here. */
function statementsOf(id: string, { Type, Properties }: Resource): readonly Statement[] {
  const {
    Policies,
    PolicyDocument,
    KeyPolicy,
    Statement: one,
    ManagedPolicyArns,
    AssumeRolePolicyDocument,
  } = Properties as Readonly<Record<string, unknown>>;
  switch (Type) {
    case 'AWS::IAM::Role':
      if (listed(ManagedPolicyArns).length > 0) throw new Error(`${id} has policies that AWS manages, and changes.`);
      return [
        ...statements(AssumeRolePolicyDocument).map((trust) => ({ ...trust, Resource: id })),
        ...listed(Policies as readonly { PolicyDocument: unknown }[]).flatMap((policy) =>
          statements(policy.PolicyDocument),
        ),
      ];
    case 'AWS::SQS::QueuePolicy':
    case 'AWS::S3::BucketPolicy':
      return statements(PolicyDocument);
    case 'AWS::KMS::Key':
      return statements(KeyPolicy);
    case 'AWS::Events::EventBusPolicy':
      return statements({ Statement: one });
    case 'AWS::Lambda::Permission': {
      const { Action, FunctionName, Principal, ...condition } = Properties;
      const Condition = Object.keys(condition).length === 0 ? undefined : condition;
      return [{ Effect: 'Allow', Action: String(Action), Resource: FunctionName, Principal, Condition }];
    }
    default:
      if (/Policy|Permission|Grant/u.test(Type)) throw new Error(`${id}: it is not known what a ${Type} allows.`);
      return [];
  }
}

/** All that the template's policies allow and deny, sorted. */
export function policyLines({ Resources }: Template): readonly Line[] {
  return Object.entries(Resources)
    .flatMap(([id, resource]) => statementsOf(id, resource).flatMap((statement) => linesOf(id, statement)))
    .sort((a, b) => (a.of === b.of ? compare(a.text, b.text) : compare(a.of, b.of)));
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** The lines below whom they are of, as they are kept in `policies/`. */
export function policyText(lines: readonly Line[]): string {
  const groups = [...Map.groupBy(lines, ({ of }) => of)];
  return groups.map(([of, own]) => `${of}\n${own.map(({ text }) => `  ${text}\n`).join('')}`).join('\n');
}
