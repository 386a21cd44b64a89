import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Parameter {
  readonly needed?: true;
  readonly default?: string;
  readonly description: string;
  readonly own?: true;
}

const BEGIN = '<!-- Written by `npm run schema` from infra/parameters.yml, up to the end of the table. -->\n';
const END = '<!-- End of the table. -->';

/** `docs/install.md` with the table of all parameters as it is now; the rest of the page stays. */
export function withParameters(page: string): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error('docs/install.md lacks the marks around the table of parameters.');
  return `${before}${BEGIN}${table()}${END}${after}`;
}

function table(): string {
  const text = readFileSync(new URL('../parameters.yml', import.meta.url), 'utf8');
  const rows = Object.entries(parse(text) as Readonly<Record<string, Parameter>>).map(
    ([name, { description, own, ...parameter }]) =>
      `| \`${name}\` | ${initial(parameter)} | ${own ? '✓' : ''} | ${description.replaceAll('|', '\\|')} |\n`,
  );
  return `\n| | default | own | |\n|---|---|---|---|\n${rows.join('')}\n`;
}

function initial({ needed, default: value = '' }: Pick<Parameter, 'needed' | 'default'>): string {
  if (needed && value === '') return 'needed';
  const plain = value.replace(`\${AWS::Partition}`, 'aws').replace(`\${AWS::AccountId}`, '<account>');
  return plain === '' ? 'none' : `\`${plain}\``;
}
