import { createRequire } from 'node:module';

interface Templates {
  /** YAML with CloudFormation's short forms, made the long ones. */
  readonly parseTemplate: (text: string) => unknown;
}

/** The one that is deployed with, under whatever Node runs `serverless`. */
export const { parseTemplate } = createRequire(import.meta.url)('../deployment/template.cjs') as Templates;

/** What a name stands for once everything is in place. */
export interface Names {
  ref(id: string): string;
  attribute(id: string, name: string): string;
}

/** Replaces CloudFormation's functions by what they stand for; throws on those that the embedded run does not know. */
export function resolve(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, names));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, operand] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (name === 'Ref') return names.ref(String(operand));
  if (name === 'Fn::GetAtt' && Array.isArray(operand)) return names.attribute(String(operand[0]), String(operand[1]));
  if (name === 'Fn::Sub' && typeof operand === 'string') return substitute(operand, names);
  if (name === 'Fn::Join' && Array.isArray(operand)) return (resolve(operand[1], names) as string[]).join(operand[0]);
  if (name?.startsWith('Fn::')) throw new Error(`The embedded run does not know ${name}.`);
  return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(inner, names)]));
}

function substitute(text: string, names: Names): string {
  return text.replace(/\$\{([^}]+)\}/gu, (_, name: string) => {
    const [id = '', attribute] = name.split(/\.(.*)/su, 2);
    return attribute === undefined ? names.ref(id) : names.attribute(id, attribute);
  });
}
