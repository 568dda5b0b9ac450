/**
 * A model that is loaded: its tokenizer and its graph, bound to the digest of the files that they were loaded from.
 */
import { join } from 'node:path';
import { normalised } from '../../vector.ts';
import type { LoadedModel, ModelSettings } from '../messages.ts';
import { readConfiguration } from './configuration.ts';
import { digestModel, type ModelFiles, stateOf } from './digest.ts';
import { readManifest } from './manifest.ts';
import { type OnnxPackage, openGraph } from './session.ts';
import { openEncoder, type TokenizersPackage } from './tokens.ts';
import { UnusableModel } from './unusable.ts';

export interface Model {
  readonly about: LoadedModel;
  /** Undefined for a text that is empty, too long, or partly unknown. Throws what the graph throws. */
  vectorOf(text: string): Promise<Float32Array | undefined>;
  /** Whether the files are still those that were loaded. Reads them all anew if the file system says that one has changed. */
  isIntact(): Promise<boolean>;
}

export interface Peers {
  readonly onnx: OnnxPackage;
  readonly tokenizers: TokenizersPackage;
}

const packages = { onnx: 'onnxruntime-node', tokenizers: '@huggingface/tokenizers' } as const;

/** @throws UnusableModel with what to install */
export async function loadPeers(
  load: {
    readonly onnx: () => Promise<OnnxPackage>;
    readonly tokenizers: () => Promise<TokenizersPackage>;
  } = {
    onnx: () => import('onnxruntime-node'),
    tokenizers: () => import('@huggingface/tokenizers'),
  },
): Promise<Peers> {
  const [onnx, tokenizers] = await Promise.all([orError(load.onnx), orError(load.tokenizers)]);
  if ('error' in onnx || 'error' in tokenizers) {
    const missing = [
      'error' in onnx ? [packages.onnx] : [],
      'error' in tokenizers ? [packages.tokenizers] : [],
    ].flat();
    throw new UnusableModel(
      `it needs ${missing.join(' and ')}, which cannot be loaded here; run npm install ${missing.join(' ')}`,
    );
  }
  return { onnx: onnx.loaded, tokenizers: tokenizers.loaded };
}

async function orError<Loaded>(load: () => Promise<Loaded>) {
  try {
    return { loaded: await load() };
  } catch (error) {
    return { error };
  }
}

/** Texts whose vectors a sound model tells apart. */
const samples = ['start', 'When does the night train to Paris leave?'] as const;

/** Of a token, on average. A longer text has too many tokens in any language, and need not be taken apart to see it. */
const mostCharacters = 64;

/** @throws UnusableModel */
export async function loadModel(settings: ModelSettings, { onnx, tokenizers }: Peers): Promise<Model> {
  const { folder, threads, file, expected } = settings;
  const configuration = await readConfiguration(folder, settings);
  const files = await digestModel(folder, file);
  if (expected !== undefined && files.digest !== expected) throw new UnusableModel(replaced);
  await refuseDamaged(folder, files);
  const { prefix, maxTokens, poolsPrefix } = configuration;
  const encoder = await openEncoder(tokenizers, folder, prefix);
  const graph = await openGraph(onnx, {
    path: join(folder, files.graph),
    threads,
    configuration,
    isPoolingChosen: settings.pooling !== undefined,
    prefixTokens: poolsPrefix ? 0 : encoder.prefixTokens,
  });
  const dimension = await checkedDimension((text) => graph.run(encoder.encode(text)));
  const intact = integrityOf(folder, files, file);
  // What was loaded must be what was digested.
  if (!(await intact())) throw new UnusableModel('its files changed while they were being read');

  return {
    about: {
      dimension,
      prefix,
      pooling: graph.pooling,
      weights: files.digest,
      file: files.graph,
      maxTokens,
      bytes: files.bytes,
    },
    async vectorOf(text) {
      if (text.trim() === '' || text.length > maxTokens * mostCharacters) return undefined;
      const ids = encoder.encode(text);
      if (ids.length > maxTokens || encoder.isUnknown(ids)) return undefined;
      return normalised(await graph.run(ids));
    },
    isIntact: intact,
  };
}

/** Refuses files that are not what was pulled. */
async function refuseDamaged(folder: string, { digests }: ModelFiles): Promise<void> {
  const pulled = (await readManifest(folder))?.files ?? {};
  for (const [name, digest] of digests) {
    if (Object.hasOwn(pulled, name) && pulled[name]?.sha256 !== digest)
      throw new UnusableModel(`its file ${name} is damaged: it is not what was pulled; pull the model again`);
  }
}

export const replaced = 'its files are no longer those that were loaded; restart to use the new ones';

/** Components of its vectors. A damaged file often loads, and makes vectors of no meaning. */
async function checkedDimension(vectorOf: (text: string) => Promise<Float32Array>): Promise<number> {
  const made: Float32Array[] = [];
  for (const sample of samples) {
    try {
      made.push(await vectorOf(sample));
    } catch (error) {
      if (error instanceof UnusableModel) throw error;
      throw new UnusableModel('it is damaged: it makes no vector of a plain text');
    }
  }
  const [one, other] = made.map(normalised);
  if (one === undefined || other === undefined)
    throw new UnusableModel('it is damaged: its vectors are not finite, or have no direction');
  const cosine = one.reduce((sum, component, at) => sum + component * (other[at] ?? 0), 0);
  if (cosine > 0.9999) throw new UnusableModel('it is damaged: all its vectors are alike');
  return one.length;
}

/** Looks at what the file system says, and reads the files only if that has changed. */
function integrityOf(folder: string, files: ModelFiles, wanted: string | undefined) {
  let known = files.state;
  let was = true;
  return async (): Promise<boolean> => {
    const state = await stateOf(folder, files.names);
    if (state === known) return was;
    known = state;
    try {
      const now = await digestModel(folder, wanted);
      was = now.digest === files.digest;
    } catch {
      was = false;
    }
    return was;
  };
}
