// `npm run bench:cold`: what a cold start of each function loads, and how long that takes.
import { cpus } from 'node:os';
import { coldStarts, table } from './load.ts';

const FUNCTIONS = ['receive', 'mirror', 'nudge', 'verify', 'notify', 'sweep', 'archive'];

console.log(`Node ${process.version}, ${cpus().length} cores; a process for each load, started as Lambda starts it\n`);
console.log(table(await coldStarts(FUNCTIONS)));
console.log(`
plain: a function that uses the client of S3 alone, bundled with the same options, but for what gitferry's leave out
lean: the same function without that, too: the credentials, event streams and schemas that it never uses`);
