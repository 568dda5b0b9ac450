/** The version of the gateway. */
import { createRequire, findPackageJSON } from 'node:module';
import { z } from 'zod';

export function packageVersion(): string {
  const manifest = findPackageJSON(import.meta.url) ?? '';
  return z.object({ version: z.string() }).parse(createRequire(import.meta.url)(manifest)).version;
}
