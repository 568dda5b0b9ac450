/**
 * Makes the repository ready: installs what package-lock.json names and builds what has changed, and
 * does nothing when that has been done. It runs on the machine's own Node, however old, before the
 * repository's Node is there: nothing but built-in modules, and no syntax younger than 2018.
 */
import { spawn, spawnSync } from 'child_process';
import { createHash } from 'crypto';
import fs from 'fs';
import path from 'path';
import { fileURLToPath } from 'url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = path.join(ROOT, 'node_modules');
const STAMP = path.join(MODULES, '.askonce-setup.json');
const LOCK = path.join(ROOT, '.setup.lock');

const OLDEST_NODE = [22, 19];
const OLDEST_NPM = [8, 0];

/** The holder touches its lock this often; one untouched for `LOCK_STALE_MS` was left by a dead process. */
const LOCK_TOUCH_MS = 1000;
const LOCK_STALE_MS = 20000;
const LOCK_LOOK_MS = 200;

class SetupError extends Error {}

/** The npm that started us where there is one, so that PATH need not hold any. */
const NPM = process.env.npm_execpath
  ? [process.env.npm_node_execpath || process.execPath, process.env.npm_execpath]
  : ['npm'];

function atLeast(version, oldest) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function readJson(file) {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SetupError(`${path.relative(ROOT, file)} is not JSON: ${error.message}`);
  }
}

function digest(text) {
  return createHash('sha256').update(text).digest('hex');
}

/** What the installed packages depend on: the lock file (or else the manifests) and the machine's kind. */
function dependenciesDigest() {
  const lock = readText(path.join(ROOT, 'package-lock.json'));
  const wanted =
    lock === undefined
      ? manifests()
          .map((file) => readText(path.join(ROOT, file)) || '')
          .join('\n')
      : lock;
  return digest([process.platform, process.arch, wanted].join('\n'));
}

function manifests() {
  const packages = path.join(ROOT, 'packages');
  const names = fs.existsSync(packages) ? fs.readdirSync(packages).sort() : [];
  return ['package.json'].concat(names.map((name) => `packages/${name}/package.json`));
}

/** What the build depends on, by each file's path, size and time of change. */
function sourcesDigest() {
  const lines = [];
  const look = (relative) => {
    const file = path.join(ROOT, relative);
    if (!fs.existsSync(file)) return;
    const stat = fs.statSync(file);
    if (stat.isDirectory()) {
      for (const name of fs.readdirSync(file).sort()) look(`${relative}/${name}`);
    } else if (!relative.endsWith('.test.ts')) {
      lines.push(`${relative} ${stat.size} ${stat.mtimeMs}`);
    }
  };
  look('tsconfig.base.json');
  for (const manifest of manifests()) {
    const folder = path.posix.dirname(manifest);
    look(manifest);
    if (folder !== '.') {
      look(`${folder}/tsconfig.json`);
      look(`${folder}/src`);
    }
  }
  return digest(lines.join('\n'));
}

function distMissing() {
  return manifests()
    .map((manifest) => path.join(ROOT, path.dirname(manifest)))
    .some(
      (folder) =>
        fs.existsSync(path.join(folder, 'src')) &&
        !fs.existsSync(path.join(folder, 'dist')) &&
        folder !== ROOT,
    );
}

/**
 * Whether npm has already installed just what the lock file names, as after `npm install <package>`.
 * npm writes its own list when all is in place; packages for other platforms are rightly missing in it.
 */
function alreadyInstalled() {
  const lock = readJson(path.join(ROOT, 'package-lock.json'));
  const installed = readJson(path.join(MODULES, '.package-lock.json'));
  if (!lock || !installed || !lock.packages || !installed.packages) return false;
  return Object.keys(lock.packages).every((place) => {
    if (!place.startsWith('node_modules/') && !place.includes('/node_modules/')) return true;
    const wanted = lock.packages[place];
    const found = installed.packages[place];
    if (!found) return wanted.optional === true;
    return wanted.version === found.version && wanted.integrity === found.integrity;
  });
}

function checkMachine() {
  const bringsNode = process.platform === 'linux' && process.arch === 'x64';
  if (!bringsNode && !atLeast(process.version, OLDEST_NODE)) {
    throw new SetupError(
      `Node.js ${OLDEST_NODE.join('.')} or newer is needed on ${process.platform}-${process.arch}; this is ${process.version}.`,
    );
  }
}

function checkNpm() {
  const asked = spawnSync(NPM[0], NPM.slice(1).concat('--version'), {
    cwd: ROOT,
    encoding: 'utf8',
    shell: process.platform === 'win32' && NPM.length === 1,
  });
  if (asked.error || asked.status !== 0) throw new SetupError('npm is needed and could not be started.');
  const version = asked.stdout.trim();
  if (!atLeast(version, OLDEST_NPM)) {
    throw new SetupError(`npm ${OLDEST_NPM[0]} or newer is needed; this is ${version}.`);
  }
}

/** Runs npm and keeps what it prints to itself, unless it fails. */
function npm(title, args) {
  const began = Date.now();
  process.stderr.write(`setup: ${title} …`);
  return new Promise((resolve, reject) => {
    const child = spawn(NPM[0], NPM.slice(1).concat(args), {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && NPM.length === 1,
    });
    const printed = [];
    child.stdout.on('data', (chunk) => printed.push(chunk));
    child.stderr.on('data', (chunk) => printed.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
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

function readStamp() {
  try {
    return readJson(STAMP) || {};
  } catch (error) {
    if (error instanceof SetupError) return {};
    throw error;
  }
}

function writeStamp(stamp) {
  const fresh = `${STAMP}.${process.pid}`;
  fs.writeFileSync(fresh, `${JSON.stringify(stamp)}\n`);
  fs.renameSync(fresh, STAMP);
}

/** The steps that are due, told by the stamp that the last set-up left. */
function due() {
  const stamp = readStamp();
  const dependencies = dependenciesDigest();
  const install = stamp.dependencies !== dependencies;
  return { dependencies, install, build: install || stamp.sources !== sourcesDigest() || distMissing() };
}

/** The repository's own Node must run here, or this one must do. */
function checkOwnNode() {
  const own = spawnSync(path.join(MODULES, '.bin', 'node'), ['--version'], { encoding: 'utf8' });
  if (own.status === 0 || atLeast(process.version, OLDEST_NODE)) return;
  throw new SetupError(
    `The repository's own Node.js does not run on this machine, and ${process.version} is older than ${OLDEST_NODE.join('.')}.`,
  );
}

async function bringUpToDate() {
  const { dependencies, install, build } = due();
  if (install && !alreadyInstalled()) {
    checkNpm();
    const command = fs.existsSync(path.join(ROOT, 'package-lock.json')) ? 'ci' : 'install';
    await npm(`installing dependencies (npm ${command})`, [command, '--include=dev', '--include=optional']);
    checkOwnNode();
  }
  if (!build) return;
  // Taken before the build, so that what is edited meanwhile is built again next time.
  const sources = sourcesDigest();
  await npm('building the packages (npm run build)', ['run', '-s', 'build']);
  // Without a lock file npm has just written one: its digest is what the next run will see.
  writeStamp({ dependencies: install ? dependenciesDigest() : dependencies, sources });
}

function lockAge() {
  try {
    return Date.now() - fs.statSync(LOCK).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function tryToLock() {
  try {
    fs.mkdirSync(LOCK);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock left by a dead process is renamed away first: of several who wait, one succeeds. */
function breakStaleLock() {
  const age = lockAge();
  if (age === undefined || age < LOCK_STALE_MS) return;
  const aside = `${LOCK}.${process.pid}`;
  try {
    fs.renameSync(LOCK, aside);
    fs.rmdirSync(aside);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

async function alone(work) {
  let told = false;
  while (!tryToLock()) {
    if (!told) process.stderr.write('setup: another set-up is running; waiting for it\n');
    told = true;
    breakStaleLock();
    await new Promise((resolve) => setTimeout(resolve, LOCK_LOOK_MS));
  }
  const release = () => {
    if (fs.existsSync(LOCK)) fs.rmdirSync(LOCK);
  };
  const stop = (signal) => {
    release();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  const touching = setInterval(() => {
    const now = new Date();
    if (fs.existsSync(LOCK)) fs.utimesSync(LOCK, now, now);
  }, LOCK_TOUCH_MS);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await work();
  } finally {
    clearInterval(touching);
    release();
  }
}

async function main() {
  checkMachine();
  const { install, build } = due();
  if (install || build) await alone(bringUpToDate);
}

main().catch((error) => {
  process.stderr.write(`setup: ${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
