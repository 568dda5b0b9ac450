/** Which steps of the set-up are due, by the stamp that the last one left. */
import { createHash } from 'crypto';
import fs from 'fs';
import path from 'path';
import { MODULES, ROOT, SetupError } from './machine.mjs';

const STAMP = path.join(MODULES, '.askonce-setup.json');

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

/** Digest of what decides the installed packages: the lock file (or else the manifests), platform and architecture. */
export function dependenciesDigest() {
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

/** Digest of what the build reads, by each file's path, size and time of change. */
export function sourcesDigest() {
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
  for (const part of ['tsconfig.base.json', 'scripts/build.mjs', 'scripts/build']) look(part);
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
        !fs.existsSync(path.join(folder, 'dist', 'index.js')) &&
        folder !== ROOT,
    );
}

/**
 * Whether npm has already installed exactly what the lock file names, as after `npm install <package>`.
 * npm writes a list of what it has installed, which lacks optional packages of other platforms.
 */
export function alreadyInstalled() {
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

function readStamp() {
  try {
    return readJson(STAMP) || {};
  } catch (error) {
    if (error instanceof SetupError) return {};
    throw error;
  }
}

export function writeStamp(stamp) {
  const fresh = `${STAMP}.${process.pid}`;
  fs.writeFileSync(fresh, `${JSON.stringify(stamp)}\n`);
  fs.renameSync(fresh, STAMP);
}

/** The steps that are due. */
export function due() {
  const stamp = readStamp();
  const dependencies = dependenciesDigest();
  const install = stamp.dependencies !== dependencies;
  return { dependencies, install, build: install || stamp.sources !== sourcesDigest() || distMissing() };
}
