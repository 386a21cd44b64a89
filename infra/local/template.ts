import { type CollectionTag, parse, type ScalarTag, type YAMLMap, type YAMLSeq } from 'yaml';

/** CloudFormation's short forms, made the long ones. `!GetAtt A.Arn` is `{ 'Fn::GetAtt': ['A', 'Arn'] }`. */
const scalarTags: readonly ScalarTag[] = [
  { tag: '!Ref', resolve: (id) => ({ Ref: id }) },
  { tag: '!GetAtt', resolve: (text) => ({ 'Fn::GetAtt': text.split(/\.(.*)/su, 2) }) },
  { tag: '!Sub', resolve: (text) => ({ 'Fn::Sub': text }) },
];
const listTags: readonly CollectionTag[] = ['Equals', 'Split'].map((name) => ({
  tag: `!${name}`,
  collection: 'seq',
  resolve: (value: YAMLSeq | YAMLMap) => ({ [`Fn::${name}`]: value.toJSON() }),
}));

export function parseTemplate(text: string): unknown {
  return parse(text, { customTags: [...scalarTags, ...listTags] });
}

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
  if (name === 'Fn::Equals' && Array.isArray(operand)) {
    const [one, other] = operand.map((side) => resolve(side, names));
    return one === other;
  }
  if (name?.startsWith('Fn::')) throw new Error(`The embedded run does not know ${name}.`);
  return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(inner, names)]));
}

function substitute(text: string, names: Names): string {
  return text.replace(/\$\{([^}]+)\}/gu, (_, name: string) => {
    const [id = '', attribute] = name.split(/\.(.*)/su, 2);
    return attribute === undefined ? names.ref(id) : names.attribute(id, attribute);
  });
}
