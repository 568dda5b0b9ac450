/**
 * How large the built packages are: packed, unpacked, and the code of our own that each import loads.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const packages = ['packages/askonce', 'packages/gateway', 'packages/embedder-static'];

const packed = z.array(z.object({ name: z.string(), size: z.number(), unpackedSize: z.number() }));
const described = z.object({
  name: z.string(),
  exports: z.record(z.string(), z.object({ default: z.string() })),
});

export interface PackageSize {
  readonly name: string;
  /** Bytes of the archive, and of its files. */
  readonly packed: number;
  readonly unpacked: number;
}

export interface EntrySize {
  readonly name: string;
  /** Bytes of the modules that are loaded with it, but for those of other packages. */
  readonly bytes: number;
}

/** The sizes of the packages, as `npm pack` reports them. */
export function packageSizes(root: string): readonly PackageSize[] {
  return packages.flatMap((folder) => {
    const options = { cwd: join(root, folder), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
    const listed = packed.parse(JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], options)));
    return listed.map(({ name, size, unpackedSize }) => ({ name, packed: size, unpacked: unpackedSize }));
  });
}

/** The size of each entry of the library. */
export function entrySizes(root: string): readonly EntrySize[] {
  const folder = join(root, 'packages/askonce');
  const { name, exports } = described.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  return Object.entries(exports).map(([subpath, { default: module }]) => ({
    name: `${name}${subpath.slice(1)}`,
    bytes: bytesOf(join(folder, module)),
  }));
}

/** `import … from "./x.js"`, `export … from "./x.js"` and `import "./x.js"`; what is imported on first use does not count. */
const imported = /^(?:import|export) ?(?:[\w*, $]*(?:\{[^}]*\})? ?from ?)?["'](\.[^"']+)["'];/gm;

function bytesOf(entry: string): number {
  const seen = new Set<string>();
  const waiting = [entry];
  let bytes = 0;
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    if (seen.has(module)) continue;
    seen.add(module);
    const text = readFileSync(module, 'utf8');
    bytes += Buffer.byteLength(text);
    for (const [, path = ''] of text.matchAll(imported)) waiting.push(join(dirname(module), path));
  }
  return bytes;
}

/** Rounded to two digits, so that a small change of the code leaves it as it is: `2.9 MB`, `780 kB`. */
export function rounded(bytes: number): string {
  const [unit, name] = bytes >= 1_000_000 ? [1_000_000, 'MB'] : [1000, 'kB'];
  return `${Number((bytes / unit).toPrecision(2))} ${name}`;
}
