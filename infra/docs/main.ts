import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage } from './configuration.ts';
import { costPage } from './cost.ts';
import { withParameters } from './parameters.ts';
import { jsonSchema } from './schema.ts';

const schema = jsonSchema();
const docs = new URL('../../docs/', import.meta.url);
writeFileSync(new URL('gitferry.schema.json', docs), `${JSON.stringify(schema, null, 2)}\n`);
writeFileSync(new URL('configuration.md', docs), configurationPage(schema));
writeFileSync(new URL('cost.md', docs), await costPage());
const install = new URL('install.md', docs);
writeFileSync(install, withParameters(readFileSync(install, 'utf8')));
