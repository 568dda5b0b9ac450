/**
 * Checks that the types of every entry of a package agree with its modules, for ES modules, CommonJS and bundlers, as
 * TypeScript resolves them (`node16`, `bundler`): `node scripts/types-of-packages.mjs packages/askonce`.
 *
 * TypeScript before 4.7 (`node10`), which knows no `exports`, finds no subpath and is not supported.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';

const [folder = ''] = process.argv.slice(2);
const { exports } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));

function packed() {
  const destination = mkdtempSync(path.join(tmpdir(), 'askonce-types-'));
  try {
    const options = ['pack', '--silent', '--pack-destination', destination];
    const name = execFileSync('npm', options, { cwd: folder, encoding: 'utf8' }).trim();
    return readFileSync(path.join(destination, name));
  } finally {
    rmSync(destination, { recursive: true });
  }
}

const { entrypoints, problems, types } = await checkPackage(createPackageFromTarballData(packed()));
const found = problems.filter(({ resolutionKind }) => resolutionKind !== 'node10');
for (const { kind, entrypoint, resolutionKind, ...more } of found)
  process.stdout.write(`${kind}: ${[entrypoint, resolutionKind, JSON.stringify(more)].join(' ')}\n`);

const checked = Object.keys(entrypoints ?? {});
const missing = Object.keys(exports).filter((entry) => !checked.includes(entry));
for (const entry of missing) process.stdout.write(`not checked: ${entry}\n`);
if (types === false) process.stdout.write('The package has no types.\n');
process.stdout.write(`${checked.length} entries, ${found.length === 0 ? 'no' : found.length} problems\n`);
process.exitCode = found.length + missing.length === 0 && types !== false ? 0 : 1;
