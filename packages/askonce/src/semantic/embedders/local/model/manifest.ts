/**
 * What was pulled from a hub, as it lies beside the files: where they come from and what they must be.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from './configuration.ts';
import { UnusableModel } from './unusable.ts';

const manifestName = 'askonce-model.json';

const manifestSchema = z.object({
  /** Such as `intfloat/multilingual-e5-small`. */
  name: z.string().max(256),
  /** As it was asked for: a branch, a tag or a commit. */
  revision: z.string().max(256),
  /** The commit that the files are of. */
  commit: z.string().max(64),
  /** The graph's file. */
  file: z.string().max(512),
  files: z.record(z.string().max(512), z.object({ bytes: z.number(), sha256: z.string().length(64) })),
});
export type Manifest = z.output<typeof manifestSchema>;

const mostBytes = 1024 * 1024;

/** Undefined if the model was not pulled. @throws UnusableModel if the file is damaged */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const value = await readJson(folder, manifestName, mostBytes);
  if (value === undefined) return undefined;
  const read = manifestSchema.safeParse(value);
  if (!read.success) throw new UnusableModel(`${manifestName} is damaged; pull the model again`);
  return read.data;
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
}
