import { createRequire } from 'node:module';

type Engine = typeof import('re2js');

/** In a bundle `require` is there, and takes the engine from the file beside it; where Node runs the sources it is not. */
function load(): Engine {
  const loaded: unknown = typeof require === 'function' ? require('re2js') : createRequire(import.meta.url)('re2js');
  return loaded as Engine;
}

/**
 * The engine of regular expressions as Go knows them: no pattern takes more than linear time. Loaded when the first
 * pattern is read: it costs 8 ms and 150 kB of code, and most configurations have none.
 */
export function engine(): Engine['RE2JS'] {
  return load().RE2JS;
}
