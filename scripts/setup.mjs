/**
 * Makes the repository ready: installs what package-lock.json names and builds what has changed. It does
 * nothing when both are done. It runs on the machine's own Node, even an old one, before the repository's
 * Node is installed: only built-in modules, and no syntax younger than 2018.
 */
import fs from 'fs';
import path from 'path';
import { alone } from './setup/alone.mjs';
import { checkMachine, checkOwnNode, ROOT, SetupError } from './setup/machine.mjs';
import { checkNpm, npm, stopNpm } from './setup/npm.mjs';
import { alreadyInstalled, dependenciesDigest, due, sourcesDigest, writeStamp } from './setup/state.mjs';

async function bringUpToDate() {
  const { dependencies, install, build } = due();
  if (install && !alreadyInstalled()) {
    checkNpm();
    const command = fs.existsSync(path.join(ROOT, 'package-lock.json')) ? 'ci' : 'install';
    await npm(`installing dependencies (npm ${command})`, [command, '--include=dev', '--include=optional']);
    checkOwnNode();
  }
  if (!build) return;
  // Taken before the build, so that files edited during it are built again next time.
  const sources = sourcesDigest();
  await npm('building the packages (npm run build)', ['run', '-s', 'build']);
  // Without a lock file npm has just written one, and the next run compares with its digest.
  writeStamp({ dependencies: install ? dependenciesDigest() : dependencies, sources });
}

async function main() {
  checkMachine();
  const { install, build } = due();
  if (install || build) await alone(bringUpToDate, stopNpm);
}

main().catch((error) => {
  process.stderr.write(`setup: ${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
