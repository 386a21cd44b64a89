import { buildParts } from './build.ts';
await buildParts(console.log);
