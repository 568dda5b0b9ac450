/** Runs every check except the tests, reports each by name, and prints the output of those that fail. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The tool's output must match `proof`, where given, which shows that the tool has looked at something. */
const CHECKS = [
  { name: 'format and lint', command: ['biome', 'ci', '--colors=off'], proof: /Checked [1-9]\d* files/ },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'types of programs for Nest', command: ['tsc', '-p', 'test/nestjs'] },
  { name: 'unused code and dependencies', command: ['knip', '--no-progress'] },
  { name: 'package askonce', command: ['publint', 'packages/askonce', '--strict'] },
  {
    name: 'types of askonce',
    command: ['node', 'scripts/types-of-packages.mjs', 'packages/askonce'],
    proof: /^[1-9]\d* entries, no problems$/m,
  },
  { name: 'package @askonce/embedder-static', command: ['publint', 'packages/embedder-static', '--strict'] },
  {
    name: 'types of @askonce/embedder-static',
    command: ['node', 'scripts/types-of-packages.mjs', 'packages/embedder-static'],
    proof: /^[1-9]\d* entries, no problems$/m,
  },
  { name: 'package @askonce/gateway', command: ['publint', 'packages/gateway', '--strict'] },
  {
    name: 'types of @askonce/gateway',
    command: ['node', 'scripts/types-of-packages.mjs', 'packages/gateway'],
    proof: /^[1-9]\d* entries, no problems$/m,
  },
  {
    name: 'document of the API',
    command: ['node', '--conditions=askonce-source', 'scripts/lint-api.ts'],
    proof: /^[1-9]\d* operations, no problems$/m,
  },
  {
    name: 'one-way imports',
    command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages'],
    proof: /[1-9]\d* dependencies cruised/,
  },
];

function run([tool, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = [];
    child.stdout.on('data', (chunk) => printed.push(chunk));
    child.stderr.on('data', (chunk) => printed.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: Buffer.concat(printed).toString() }));
  });
}

async function check({ name, command, proof }) {
  const began = performance.now();
  process.stdout.write(`${name} …`);
  const { code, output } = await run(command);
  const passed = code === 0 && (proof === undefined || proof.test(output));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(passed ? ` ok (${seconds} s)\n` : ` FAILED (${seconds} s)\n${output}\n`);
  return passed;
}

/** A URL in the lock file would tie every installation to one registry. */
function checkLockFile() {
  const { packages } = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8'));
  const tied = Object.entries(packages).filter(([, { resolved }]) => /^[a-z+]+:/.test(resolved ?? ''));
  process.stdout.write(`no registry in the lock file … ${tied.length === 0 ? 'ok' : 'FAILED'}\n`);
  for (const [place, { resolved }] of tied) process.stdout.write(`  ${place}: ${resolved}\n`);
  return tied.length === 0;
}

const failed = [];
if (!checkLockFile()) failed.push('no registry in the lock file');
for (const each of CHECKS) if (!(await check(each))) failed.push(each.name);

process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}.\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
