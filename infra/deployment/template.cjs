// The files of infra/functions and infra/resources: YAML with CloudFormation's short forms and placeholders.
'use strict';
const { parse } = require('yaml');

/** `!Ref`, `!GetAtt` and so on, made the long forms: `!GetAtt A.Arn` is `{ 'Fn::GetAtt': ['A', 'Arn'] }`. */
const tags = [
  { tag: '!Ref', resolve: (id) => ({ Ref: id }) },
  { tag: '!GetAtt', resolve: (text) => ({ 'Fn::GetAtt': text.split(/\.(.*)/su, 2) }) },
  { tag: '!Sub', resolve: (text) => ({ 'Fn::Sub': text }) },
];

const parseTemplate = (text) => parse(text, { customTags: tags });

const WHOLE = /^\$\{(\w+):([\w.-]+)\}$/u;
const WITHIN = /\$\{(\w+):([\w.-]+)\}/gu;

/**
 * Replaces placeholders, `${scope:name}` of the given scopes; those of other scopes stay, for `serverless`. One that is a
 * whole text may stand for any value, and for null: then its key or its place in a list is left out. A list that stands in a
 * list is taken apart. Throws on a name that its scope does not have.
 */
function fill(value, scopes) {
  if (typeof value === 'string') return fillText(value, scopes);
  if (Array.isArray(value))
    return value.flatMap((one) => {
      const filled = fill(one, scopes);
      return filled === null ? [] : typeof one === 'string' ? filled : [filled];
    });
  if (typeof value !== 'object' || value === null) return value;
  const filled = Object.entries(value).map(([key, inner]) => [fillText(key, scopes), fill(inner, scopes), inner]);
  return Object.fromEntries(filled.filter(([, now, before]) => now !== null || before === null));
}

function fillText(text, scopes) {
  const [, scope, name] = WHOLE.exec(text) ?? [];
  if (scope !== undefined && scope in scopes) return look(text, scopes[scope], name);
  return text.replace(WITHIN, (whole, within, inner) =>
    within in scopes ? String(look(text, scopes[within], inner)) : whole,
  );
}

function look(text, scope, name) {
  if (!(name in scope)) throw new Error(`infra: nothing is known as ${text}`);
  return scope[name];
}

/** Leaves out what says `When: false`, and that word of what stays. */
function choose(resources) {
  const chosen = Object.entries(resources).filter(([, { When = true }]) => String(When) === 'true');
  return Object.fromEntries(chosen.map(([id, { When: _, ...resource }]) => [id, resource]));
}

/** Gives the resources of these ids others, here and wherever they are spoken of. */
function rename(value, ids, newId) {
  const name = (id) => (ids.has(id) ? newId(id) : id);
  const within = (text) => text.replace(/\$\{([A-Za-z0-9]+)([.}])/gu, (_, id, end) => `\${${name(id)}${end}`);
  const walk = (inner) => {
    if (Array.isArray(inner)) return inner.map(walk);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(
      Object.entries(inner).map(([key, one]) => {
        if (key === 'Ref' || key === 'DependsOn') return [key, Array.isArray(one) ? one.map(name) : name(one)];
        if (key === 'Fn::GetAtt') return [key, [name(one[0]), one[1]]];
        if (key === 'Fn::Sub') return [key, within(one)];
        return [key, walk(one)];
      }),
    );
  };
  return walk(value);
}

module.exports = { choose, fill, parseTemplate, rename };
