/** The local model of the benchmarks, in `../shared/models` (`ASKONCE_MODELS` names another folder). */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { localEmbedder } from 'askonce/local-embedder';
import type { Embedder } from 'askonce/semantic';
import { Skipped } from './measure.ts';

const modelFolder = join(
  process.env['ASKONCE_MODELS'] ?? join(import.meta.dirname, '../../shared/models'),
  'multilingual-e5-small',
);

/** Skips the question if the model is not on this machine. */
export async function localModelFolder(): Promise<string> {
  await access(modelFolder).catch(() => {
    throw new Skipped(`no model in ${modelFolder}`);
  });
  return modelFolder;
}

export async function openLocalModel(): Promise<Embedder> {
  return localEmbedder({ model: await localModelFolder(), patienceMs: 60_000 });
}
