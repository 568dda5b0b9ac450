/**
 * The packages as they are published, beside all that the repository has installed: the frameworks of the adapters.
 */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { root } from './pages.ts';

const run = promisify(execFile);

const described = z.object({
  name: z.string(),
  exports: z.record(z.string(), z.object({ default: z.string() })),
  dependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
});

export interface PublishedPackage extends z.output<typeof described> {
  readonly tarball: string;
  /** What is imported, by the module that it is. */
  readonly entries: readonly { readonly name: string; readonly module: string }[];
}

export const publishedFolders = ['packages/askonce', 'packages/embedder-static', 'packages/gateway'];

export function publishedPackage(folder: string): Omit<PublishedPackage, 'tarball'> {
  const read = described.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));
  const entries = Object.entries(read.exports).map(([subpath, { default: module }]) => ({
    name: `${read.name}${subpath.slice(1)}`,
    module,
  }));
  return { ...read, entries };
}

/** Packs all packages and unpacks them into a folder's `node_modules`. `remove` deletes the folder. */
export async function unpackedPackages() {
  const base = mkdtempSync(join(tmpdir(), 'askonce-unpacked-'));
  const modules = join(base, 'node_modules');
  mkdirSync(join(modules, '@askonce'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!/^(?:\..*|askonce|@askonce)$/.test(name))
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  await run('npm', ['pack', '--silent', '--workspaces', '--pack-destination', base], { cwd: root });
  const packages: PublishedPackage[] = [];
  for (const folder of publishedFolders) {
    const made = publishedPackage(folder);
    const prefix = made.name.replace('@', '').replace('/', '-');
    const tarball = readdirSync(base).find((name) => new RegExp(`^${prefix}-\\d.*\\.tgz$`).test(name)) ?? '';
    mkdirSync(join(modules, made.name));
    await run('tar', ['-xzf', join(base, tarball), '--strip-components=1', '-C', join(modules, made.name)]);
    packages.push({ ...made, tarball: join(base, tarball) });
  }
  writeFileSync(join(base, 'package.json'), '{"private":true}');
  return { folder: base, packages, remove: () => rmSync(base, { recursive: true, force: true }) };
}
