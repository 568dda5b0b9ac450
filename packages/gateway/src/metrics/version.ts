/** The version of the gateway. */
import { createRequire } from 'node:module';
import { z } from 'zod';

export function packageVersion(): string {
  const { version } = z
    .object({ version: z.string() })
    .parse(createRequire(import.meta.url)('../../package.json'));
  return version;
}
