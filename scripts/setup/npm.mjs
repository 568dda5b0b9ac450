/** Runs npm: the one that started this process, or else the one on PATH. */
import { spawn, spawnSync } from 'child_process';
import path from 'path';
import { atLeast, ROOT, SetupError } from './machine.mjs';

/** As in package.json's `engines`. */
const OLDEST_NPM = [8, 19];

/** The npm that started this process, if one did; PATH then needs none. */
const STARTED_BY = process.env.npm_execpath || '';
const NPM =
  path.basename(STARTED_BY) === 'npm-cli.js'
    ? [process.env.npm_node_execpath || process.execPath, STARTED_BY]
    : ['npm'];
/** On Windows npm is a batch file, which only a shell can start. */
const SHELL = process.platform === 'win32' && NPM.length === 1;

const running = new Set();

/**
 * Kills every npm that is running, when the set-up is interrupted: npm answers SIGTERM only when it has
 * time. An installation cut short leaves no stamp, so the next set-up does it again.
 */
export function stopNpm() {
  for (const child of running) child.kill('SIGKILL');
}

export function checkNpm() {
  const asked = spawnSync(NPM[0], NPM.slice(1).concat('--version'), {
    cwd: ROOT,
    encoding: 'utf8',
    shell: SHELL,
  });
  if (asked.error || asked.status !== 0)
    throw new SetupError('npm could not be started; install Node.js with npm.');
  const version = asked.stdout.trim();
  if (!atLeast(version, OLDEST_NPM)) {
    throw new SetupError(`npm ${OLDEST_NPM.join('.')} or newer is needed; this is ${version}.`);
  }
}

/** Runs npm, and prints its output only if it fails. */
export function npm(title, args) {
  const began = Date.now();
  process.stderr.write(`setup: ${title} …`);
  return new Promise((resolve, reject) => {
    const child = spawn(NPM[0], NPM.slice(1).concat(args), {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: SHELL,
    });
    running.add(child);
    const printed = [];
    child.stdout.on('data', (chunk) => printed.push(chunk));
    child.stderr.on('data', (chunk) => printed.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      process.stderr.write(code === 0 ? ` done in ${seconds} s\n` : ` failed after ${seconds} s\n`);
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(printed));
      return reject(
        new SetupError(`npm ${args.join(' ')} ended with ${signal || `code ${code}`}; see above.`),
      );
    });
  });
}
