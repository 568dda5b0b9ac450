import { spawn, spawnSync } from 'child_process';
import path from 'path';
import { atLeast, ROOT, SetupError } from './machine.mjs';

const OLDEST_NPM = [8, 0];

/** The npm that started us where there is one, so that PATH need not hold any. */
const STARTED_BY = process.env.npm_execpath || '';
const NPM =
  path.basename(STARTED_BY) === 'npm-cli.js'
    ? [process.env.npm_node_execpath || process.execPath, STARTED_BY]
    : ['npm'];
/** On Windows npm is a command file, which only a shell can start. */
const SHELL = process.platform === 'win32' && NPM.length === 1;

const running = new Set();

/**
 * Ends what `npm` below has started, when the set-up itself is told to end. Not by a polite signal, which
 * npm answers when it has time; what it leaves half done has no stamp and is done again.
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
  if (asked.error || asked.status !== 0) throw new SetupError('npm is needed and could not be started.');
  const version = asked.stdout.trim();
  if (!atLeast(version, OLDEST_NPM)) {
    throw new SetupError(`npm ${OLDEST_NPM[0]} or newer is needed; this is ${version}.`);
  }
}

/** Runs npm and keeps what it prints to itself, unless it fails. */
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
