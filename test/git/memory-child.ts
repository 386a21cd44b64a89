// Lands one file beside what is too large to look at, and prints the most memory that it took, in bytes.
import { land } from '../../shared/git/land.ts';
import { cold, MAIN, putting } from './branch.ts';

const [url = '', path = '', blob = ''] = process.argv.slice(2);
const remote = cold(url);
await land(remote, MAIN, putting({ [path]: `${process.pid}\n` }));
if (blob !== '') await remote.fetch([blob]);
console.log(process.resourceUsage().maxRSS * 1024);
