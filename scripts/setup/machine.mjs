/** Checks that the machine has, or gets, a Node that runs askonce. */
import { spawnSync } from 'child_process';
import path from 'path';
import { fileURLToPath } from 'url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const MODULES = path.join(ROOT, 'node_modules');

const OLDEST_NODE = [22, 19];

/** A problem that the user can solve: reported in one line, without a stack. */
export class SetupError extends Error {}

export function atLeast(version, oldest) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

export function checkMachine() {
  const hasOwnNode = process.platform === 'linux' && process.arch === 'x64';
  if (!hasOwnNode && !atLeast(process.version, OLDEST_NODE)) {
    throw new SetupError(
      `Node.js ${OLDEST_NODE.join('.')} or newer is needed on ${process.platform}-${process.arch}; this is ${process.version}.`,
    );
  }
}

/** Either the repository's own Node runs on this machine, or the machine's is new enough. */
export function checkOwnNode() {
  const own = spawnSync(path.join(MODULES, '.bin', 'node'), ['--version'], { encoding: 'utf8' });
  if (own.status === 0 || atLeast(process.version, OLDEST_NODE)) return;
  throw new SetupError(
    `The repository's own Node.js does not run on this machine, and ${process.version} is older than ${OLDEST_NODE.join('.')}.`,
  );
}
