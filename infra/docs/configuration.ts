import type { JsonSchema } from './schema.ts';

const head = `# gitferry.yaml

<!-- Written by \`npm run schema\` from shared/config/schema.ts: change the descriptions there. -->

This file stands at the root of the main repository, so that a change of it is reviewed like any other. It says which
uploads go where; editors check it by [gitferry.schema.json](gitferry.schema.json).

\`\`\`yaml
apiVersion: gitferry.dev/v1
mirrors:
  - bucket: acme-releases
    prefix: charts/                  # podinfo-6.14.1.tgz
    chart: charts/{name}             # unpacked there, so that a diff can be reviewed
    versions: ">=6.0.0 <7.0.0"
  - bucket: acme-releases
    prefix: config/production/
    files: apps/production
    allowKinds: [Role, RoleBinding]
commit:
  author: gitferry <gitferry@acme.example>
\`\`\`

\`gitferry validate gitferry.yaml\` shows all that is wrong with a file at once, each fault with its line and column. When
the file on the branch is broken, nothing lands and someone is told; the last good one is not used silently. An unknown
key is refused, and so is one whose feature is not built yet (\`NotSupportedYet\`).

Places may not overlap: two folders for files are neither equal nor one inside the other, no chart stands inside such a
folder, and no chart inside another. No place is below a folder that steers the cluster or the repository itself
(\`flux-system\`, \`.github\`, …).
`;

/** `docs/configuration.md`: one table a level, one row a key. */
export function configurationPage(schema: JsonSchema): string {
  const { mirrors, commit, ...top } = schema.properties ?? {};
  const sections = [
    head,
    section('The file', { ...top, mirrors, commit }),
    section('`mirrors[]`', mirrors?.items?.properties),
    section('`commit`', commit?.properties),
  ];
  return sections.join('\n');
}

function section(title: string, properties: Readonly<Record<string, JsonSchema | undefined>> = {}): string {
  const rows = Object.entries(properties).flatMap(([key, schema]) => (schema === undefined ? [] : rowsOf(key, schema)));
  return `## ${title}\n\n| key | meaning | default | example |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function rowsOf(key: string, schema: JsonSchema): string[] {
  const [example] = schema.examples ?? [];
  const choices = schema.enum === undefined ? '' : ` One of ${schema.enum.map(code).join(', ')}.`;
  const meaning = `${schema.description ?? ''}${choices}`;
  const row = `| ${[`\`${key}\``, meaning, defaultOf(schema), example === undefined ? '' : code(example)].map(cell).join(' | ')} |`;
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => rowsOf(`${key}.${name}`, child));
  return key === 'commit' ? [row] : [row, ...below];
}

/** A map's default is that of its keys. */
function defaultOf({ default: initial, properties }: JsonSchema): string {
  return initial === undefined || properties !== undefined ? '' : code(initial);
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
