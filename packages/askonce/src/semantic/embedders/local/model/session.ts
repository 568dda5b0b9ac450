/**
 * The graph of a model in onnxruntime: which inputs it wants, and which of its outputs is the text's vector.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelConfiguration, Pooling } from './configuration.ts';
import { fromHalf } from './half.ts';
import { pool } from './pooling.ts';
import { UnusableModel } from './unusable.ts';

/** The package `onnxruntime-node`, once it is loaded. */
export type OnnxPackage = typeof import('onnxruntime-node');

export interface Graph {
  /** How its vectors come about, for the fingerprint: `mean`, `cls+max`, or `graph` if the graph itself does it. */
  readonly pooling: string;
  /** The vector of the tokens, not yet of length 1. @throws UnusableModel, or what onnxruntime throws */
  run(ids: readonly number[]): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface GraphOptions {
  readonly path: string;
  readonly threads: number;
  readonly configuration: Pick<ModelConfiguration, 'pooling' | 'poolsPrefix' | 'furtherLayers'>;
  /** Whether a setting names the pooling: then it is not left to the graph. */
  readonly isPoolingChosen: boolean;
  readonly prefixTokens: number;
}

/** What a graph of sentences may want. */
const inputs: Readonly<Record<string, (ids: readonly number[]) => readonly number[]>> = {
  input_ids: (ids) => ids,
  attention_mask: (ids) => ids.map(() => 1),
  token_type_ids: (ids) => ids.map(() => 0),
  position_ids: (ids) => ids.map((_id, at) => at),
};

/** Names of outputs that are the vector of the whole text, the most trustworthy first. */
const sentenceOutputs = [
  'sentence_embedding',
  'sentence_embeddings',
  'text_embeds',
  'embeddings',
  'embedding',
];
/** Names of outputs that are the vectors of its tokens. */
const tokenOutputs = ['last_hidden_state', 'token_embeddings'];
/** A first token after a layer of its own: only if the graph has nothing else. */
const lastResort = 'pooler_output';

/** @throws UnusableModel */
export async function openGraph(onnx: OnnxPackage, options: GraphOptions): Promise<Graph> {
  const { path, threads, configuration, isPoolingChosen, prefixTokens } = options;
  let session: InferenceSession;
  try {
    session = await onnx.InferenceSession.create(path, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Memory of a long text is given back after it, rather than held for the next one.
      enableCpuMemArena: false,
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new UnusableModel(`its file is damaged, or onnxruntime does not support it (${firstWords(error)})`);
  }
  const feeds = feedsOf(session);
  const { name, isSentence } = outputOf(session, isPoolingChosen);
  const { furtherLayers, poolsPrefix } = configuration;
  if (!isSentence && furtherLayers.length > 0)
    throw new UnusableModel(
      `it has layers that its ONNX file lacks (${furtherLayers.join(', ')}); export it with the output sentence_embedding`,
    );
  const poolings: readonly Pooling[] = configuration.pooling ?? ['mean'];
  const from = poolsPrefix ? 0 : prefixTokens;

  async function run(ids: readonly number[]): Promise<Float32Array> {
    const shape = [1, ids.length];
    const fed = Object.fromEntries(
      feeds.map(({ input, type, values }) => [input, tensorOf(onnx, type, values(ids), shape)]),
    );
    const results = await session.run(fed, [name]);
    const result = results[name];
    if (result === undefined) throw new UnusableModel(`its output ${name} did not come`);
    const values = await numbersOf(result);
    const [texts, second = 0, third] = result.dims;
    if (texts !== 1) throw new UnusableModel(`its output ${name} has an unusual shape`);
    if (third === undefined) return Float32Array.from(values);
    if (second !== ids.length) throw new UnusableModel(`its output ${name} has an unusual shape`);
    return pool({ values, tokens: second, dimension: third }, poolings, Math.min(from, second - 1));
  }

  return {
    pooling: isSentence ? 'graph' : poolings.join('+'),
    run,
    close: () => session.release(),
  };
}

type IntegerType = 'int64' | 'int32';

function feedsOf({ inputMetadata }: InferenceSession) {
  return inputMetadata.map((input) => {
    const values = Object.hasOwn(inputs, input.name) ? inputs[input.name] : undefined;
    const type = input.isTensor ? input.type : undefined;
    if (values === undefined || (type !== 'int64' && type !== 'int32'))
      throw new UnusableModel(`its graph wants the input ${input.name}, which no sentence has`);
    const integers: IntegerType = type;
    return { input: input.name, type: integers, values };
  });
}

function outputOf({ outputMetadata }: InferenceSession, isPoolingChosen: boolean) {
  const ranked = outputMetadata.map((output) => ({
    name: output.name,
    rank: output.isTensor ? output.shape.length : 0,
  }));
  const named = (names: readonly string[], rank: number) =>
    names.map((name) => ranked.find((one) => one.name === name && one.rank === rank)).find((one) => one);
  const tokens = named(tokenOutputs, 3) ?? ranked.find(({ rank }) => rank === 3);
  const sentence = named(sentenceOutputs, 2);
  if (isPoolingChosen && tokens !== undefined) return { name: tokens.name, isSentence: false };
  if (sentence !== undefined) return { name: sentence.name, isSentence: true };
  if (tokens !== undefined) return { name: tokens.name, isSentence: false };
  const alone = ranked.filter(({ rank }) => rank === 2);
  const left = alone.find(({ name }) => name === lastResort) ?? (alone.length === 1 ? alone[0] : undefined);
  if (left === undefined) throw new UnusableModel('its graph has no output that is a vector of the text');
  return { name: left.name, isSentence: true };
}

function tensorOf(
  { Tensor }: OnnxPackage,
  type: IntegerType,
  values: readonly number[],
  shape: readonly number[],
): Tensor {
  return type === 'int64'
    ? new Tensor('int64', BigInt64Array.from(values, BigInt), shape)
    : new Tensor('int32', Int32Array.from(values), shape);
}

async function numbersOf(tensor: Tensor): Promise<ArrayLike<number>> {
  const { type } = tensor;
  const data: unknown = await tensor.getData();
  if (type === 'float16' && data instanceof Uint16Array) return fromHalf(data);
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Int8Array) return data;
  if (type === 'float16' && ArrayBuffer.isView(data))
    return fromHalf(new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2));
  throw new UnusableModel(`its output is of the type ${type}, which is not supported`);
}

/** The beginning of a message of onnxruntime, which names files and operators, never a text. */
function firstWords(error: unknown): string {
  const message = error instanceof Error ? error.message : 'unknown error';
  return message.replace(/\s+/g, ' ').slice(0, 160);
}
