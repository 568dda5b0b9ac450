/** Compiles the packages, removes the output of sources that no longer exist, and copies what a published package carries. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeCommonJs } from './build/commonjs.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['packages/askonce', 'packages/embedder-static', 'packages/gateway'];
/** The repository's pages that each package carries. Copied here, since npm runs no scripts when it packs (.npmrc). */
const CARRIED = ['README.md', 'LICENSE', 'CHANGELOG.md'];
const OUTPUT = /\.(?:js|d\.ts)(?:\.map)?$/;

/** The compiler does not remove the output of a deleted or renamed source, and npm would publish it. */
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
for (const folder of PACKAGES) {
  removeOrphans(folder);
  if (compiled.status === 0) writeCommonJs(path.join(ROOT, folder));
  for (const page of CARRIED) copyFileSync(path.join(ROOT, page), path.join(ROOT, folder, page));
}
process.exitCode = compiled.status ?? 1;
