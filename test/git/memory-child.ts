// Lands one file beside what is too large to look at, and prints the most memory that it took, in bytes.
import { readFile } from 'node:fs/promises';
import { land } from '../../shared/git/land.ts';
import { cold, MAIN, putting } from './branch.ts';

const [url = '', path = '', blob = ''] = process.argv.slice(2);
const remote = cold(url);
await land(remote, MAIN, putting({ [path]: `${process.pid}\n` }));
if (blob !== '') await remote.fetch([blob]);

// On Linux the usual figure begins with what the parent held; that of /proc is our own.
const own = await readFile('/proc/self/status', 'utf8').catch(() => '');
const kibibytes = /^VmHWM:\s+(\d+) kB$/mu.exec(own)?.[1] ?? process.resourceUsage().maxRSS;
console.log(Number(kibibytes) * 1024);
