/** Compiles the packages, and takes away what an earlier build made of sources that are gone since. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['packages/askonce', 'packages/gateway'];
const OUTPUT = /\.(?:js|d\.ts)(?:\.map)?$/;

/** The compiler leaves the output of a removed or renamed file where it is, and npm would publish it. */
function removeOrphans(folder) {
  const dist = path.join(ROOT, folder, 'dist');
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = path.join(ROOT, folder, 'src', name.replace(OUTPUT, '.ts'));
    if (OUTPUT.test(name) && !existsSync(source)) rmSync(path.join(dist, name), { force: true });
  }
}

const compiled = spawnSync('tsc', ['-b', ...PACKAGES], { cwd: ROOT, stdio: 'inherit' });
if (compiled.error) throw compiled.error;
for (const folder of PACKAGES) removeOrphans(folder);
process.exitCode = compiled.status ?? 1;
