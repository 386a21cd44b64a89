// Runs before `npm start` and `npm test`, under whatever Node is installed (20 or newer): plain JavaScript, no packages.
'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/**
 * Whether what npm wrote down when it last finished is what the lockfile asks for. npm writes its record last and removes
 * it first, so an install that failed or was interrupted counts as none. Optional packages (of other platforms) may lack.
 */
function installed() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const present = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(([path, wanted]) => {
    if (path === '' || wanted.link) return true;
    const found = present[path];
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/** Without warnings: this npm may run on a Node that is too old for some packages, which don't run on it. */
const ARGUMENTS = ['ci', '--loglevel=error'];

function install() {
  console.log('gitferry: installing what package-lock.json names, once: npm ci takes half a minute ...');
  const npm = process.env.npm_execpath;
  const [command, args] = npm === undefined ? ['npm', ARGUMENTS] : [process.execPath, [npm, ...ARGUMENTS]];
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`gitferry: npm ci did not finish${error ? ` (${error.message})` : ''}; the next start tries again.`);
  process.exit(1);
}

/** Stops with what to do when the Node that the scripts run on is not the pinned one. */
function checkNode() {
  const wanted = readJson('package.json').devDependencies.node;
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/node'), ['--version'], { encoding: 'utf8' });
  const found = (stdout ?? '').trim();
  if (found.split('.')[0] === `v${wanted.split('.')[0]}`) return;
  console.error(
    `gitferry: Node ${wanted} should stand in node_modules/.bin/node, but ${found === '' ? 'does not' : `there is ${found}`}.\n` +
      'It comes with the package "node", whose install script fetches it: see that npm may run install scripts\n' +
      '(`npm config get ignore-scripts` must say false), remove the folder node_modules and start again.',
  );
  process.exit(1);
}

if (!installed()) install();
checkNode();
