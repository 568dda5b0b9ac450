/** Builds the packages: declarations by the compiler, bundles, what CommonJS needs, and copies of what a published package carries. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeBundle } from './build/bundle.ts';
import { writeCommonJs } from './build/commonjs.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['packages/askonce', 'packages/embedder-static', 'packages/gateway'];
/** The repository's pages that each package carries. Copied here, since npm runs no scripts when it packs (.npmrc). */
const CARRIED = ['README.md', 'LICENSE', 'CHANGELOG.md'];
const DECLARATION = /\.d\.ts$/;

/** The compiler does not remove the declarations of a deleted or renamed source, and npm would publish them. */
function removeOrphans(folder) {
  const dist = path.join(ROOT, folder, 'dist');
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = path.join(ROOT, folder, 'src', name.replace(DECLARATION, '.ts'));
    if (DECLARATION.test(name) && !existsSync(source)) rmSync(path.join(dist, name), { force: true });
  }
}

const compiled = spawnSync('tsc', ['-b', ...PACKAGES], { cwd: ROOT, stdio: 'inherit' });
if (compiled.error) throw compiled.error;
for (const folder of PACKAGES) {
  removeOrphans(folder);
  if (compiled.status === 0) {
    await writeBundle(path.join(ROOT, folder));
    writeCommonJs(path.join(ROOT, folder));
  }
  for (const page of CARRIED) copyFileSync(path.join(ROOT, page), path.join(ROOT, folder, page));
}
process.exitCode = compiled.status ?? 1;
