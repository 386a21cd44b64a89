import type { JsonSchema } from './schema.ts';

const head = `# gitferry.yaml

<!-- Written by \`npm run schema\` from the schemas in shared/config: change the descriptions there. -->

This file stands at the root of the main repository, so that a change of it is reviewed like any other. It says which
uploads and which images go where; editors check it by [gitferry.schema.json](gitferry.schema.json).

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
images:
  - image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api
    name: flux-system:shop-api       # as Flux's markers call it
    policy: { semver: ">=1.0.0 <2.0.0" }
    files: ["apps/**/*.yaml"]        # references are found by Flux's markers, or by the image's name
  - image: quay.io/acme/worker
    policy: { numerical: { order: asc } }
    filterTags:                      # main-3f2a1b9-1606364286
      pattern: "^main-[a-f0-9]+-(?P<ts>[0-9]+)$"
      extract: "$ts"
releases:
  - bucket: acme-releases
    prefix: releases/                # 2026-11-24.release.yaml: what lands together
commit:
  author: gitferry <gitferry@acme.example>
rollout:
  deadline: 30m
  onFailure: revert                # or: hold, notify
drift: notify                      # or: converge
\`\`\`

\`gitferry validate gitferry.yaml\` shows all that is wrong with a file at once, each fault with its line and column. When
the file on the branch is broken, nothing lands and someone is told; the last good one is not used silently. An unknown
key is refused, and so is one whose feature is not built yet (\`NotSupportedYet\`).

Places may not overlap: two folders for files are neither equal nor one inside the other, no chart stands inside such a
folder, and no chart inside another. No place is below a folder that steers the cluster or the repository itself
(\`flux-system\`, \`.github\`, …).

[images.md](images.md) has more on policies, on how references are found, and on moving from Flux's image automation;
[release-files.md](release-files.md) on what lands together;
[drift.md](drift.md) on what becomes of changes by hand.
`;

/** `docs/configuration.md`: one table a level, one row a key. */
export function configurationPage(schema: JsonSchema): string {
  const { mirrors, images, releases, commit, rollout, drift, ...top } = schema.properties ?? {};
  const sections = [
    head,
    section('The file', { ...top, mirrors, images, releases, commit, rollout, drift }),
    section('`mirrors[]`', mirrors?.items?.properties),
    section('`images[]`', images?.items?.properties),
    section('`releases[]`', releases?.items?.properties),
    section('`commit`', commit?.properties),
    section('`rollout`', rollout?.properties),
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
  return key === 'commit' || key === 'rollout' ? [row] : [row, ...below];
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
