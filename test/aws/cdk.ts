import { installPackages, pinsOf } from './npm.ts';
import type { Recipe } from './parts.ts';

/** What `examples/cdk` imports, which nobody else needs. */
export function installCdk(): Recipe {
  return {
    name: 'cdk',
    files: ['cdk.ts', 'npm.ts', ...pinsOf('cdk')],
    with: 'npm',
    make: (folder) => installPackages('cdk', folder),
  };
}
