/**
 * How a model is used, by its own files: prefix, pooling, the longest text. Settings come before them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { firstFault, plainWords } from '../../../../faults.ts';
import { type JsonValue, tryParseJson } from '../../../../json.ts';
import { familyOf } from './families.ts';
import { isPlainName, usualPoolingFolder } from './layout.ts';
import { UnusableModel } from './unusable.ts';

export const poolings = ['mean', 'cls', 'max', 'last', 'weighted'] as const;
export type Pooling = (typeof poolings)[number];

export interface ModelConfiguration {
  readonly prefix: string;
  /** Of several, the vectors are joined. Undefined if no file says it. */
  readonly pooling: readonly Pooling[] | undefined;
  /** Whether the prefix's own tokens are left out of pooling. */
  readonly poolsPrefix: boolean;
  /** Tokens of the longest text, its special tokens included. */
  readonly maxTokens: number;
  /** Layers behind the pooling that only a graph can have which computes the whole sentence's vector. */
  readonly furtherLayers: readonly string[];
}

export interface ConfigurationChoices {
  /** The model's name, such as `intfloat/multilingual-e5-small`. */
  readonly name: string;
  readonly prefix?: string | undefined;
  readonly pooling?: Pooling | undefined;
  readonly maxTokens?: number | undefined;
}

/** The most without a setting: attention takes memory and time by the square of the length, and a longer text is a document. */
const usualMostTokens = 2_048;
/** Files of configuration are small. */
const mostBytes = 4 * 1024 * 1024;

const count = z.number().int().positive();
const schemas = {
  config: z.object({
    model_type: z.string().optional(),
    pad_token_id: z.number().int().nullish(),
    max_position_embeddings: z.number().int().nullish(),
    n_positions: z.number().int().nullish(),
    position_embedding_type: z.string().nullish(),
  }),
  tokenizer: z.object({ model_max_length: z.number().positive().nullish() }),
  bert: z.object({ max_seq_length: count.nullish() }),
  modules: z.array(z.object({ type: z.string(), path: z.string() })),
  pooling: z.object({
    pooling_mode: z.union([z.string(), z.array(z.string())]).optional(),
    pooling_mode_cls_token: z.boolean().optional(),
    pooling_mode_mean_tokens: z.boolean().optional(),
    pooling_mode_max_tokens: z.boolean().optional(),
    pooling_mode_mean_sqrt_len_tokens: z.boolean().optional(),
    pooling_mode_weightedmean_tokens: z.boolean().optional(),
    pooling_mode_lasttoken: z.boolean().optional(),
    include_prompt: z.boolean().optional(),
  }),
  prompts: z.object({
    prompts: z.record(z.string(), z.string().nullable()).nullish(),
    default_prompt_name: z.string().nullish(),
  }),
} as const;

/** @throws UnusableModel if a file cannot be read as what it is */
export async function readConfiguration(
  folder: string,
  choices: ConfigurationChoices,
): Promise<ModelConfiguration> {
  const read = <Schema extends z.ZodType>(name: string, schema: Schema) => readAs(folder, name, schema);
  const config = (await read('config.json', schemas.config)) ?? {};
  const tokenizer = (await read('tokenizer_config.json', schemas.tokenizer)) ?? {};
  const bert = (await read('sentence_bert_config.json', schemas.bert)) ?? {};
  const prompts = (await read('config_sentence_transformers.json', schemas.prompts)) ?? {};
  const modules = await read('modules.json', schemas.modules);
  const poolingFolder = modules?.find(({ type }) => lastOf(type) === 'Pooling')?.path ?? usualPoolingFolder;
  if (!isPlainName(poolingFolder))
    throw new UnusableModel('modules.json names a folder outside of the model');
  const pooling = await read(`${poolingFolder}/config.json`, schemas.pooling);
  const family = familyOf(choices.name);
  const positions = positionsOf(config);
  const own = Math.min(
    bert.max_seq_length ?? Number.POSITIVE_INFINITY,
    tokenizer.model_max_length ?? Number.POSITIVE_INFINITY,
    usualMostTokens,
  );
  return {
    prefix: choices.prefix ?? promptOf(prompts) ?? family.prefix ?? '',
    pooling: choices.pooling === undefined ? modesOf(pooling, family.pooling) : [choices.pooling],
    poolsPrefix: pooling?.include_prompt ?? true,
    maxTokens: Math.floor(Math.min(choices.maxTokens ?? own, positions)),
    furtherLayers: (modules ?? [])
      .map(({ type }) => lastOf(type))
      .filter((layer) => !['Transformer', 'Pooling', 'Normalize'].includes(layer)),
  };
}

/** `sentence_transformers.models.Pooling` and `sentence_transformers.sentence_transformer.modules.Pooling` are one. */
function lastOf(type: string): string {
  return type.split('.').at(-1) ?? type;
}

/** Places for tokens. Models of RoBERTa's kind count them from behind the padding token's id. */
function positionsOf({
  model_type,
  pad_token_id,
  max_position_embeddings,
  n_positions,
  position_embedding_type,
}: z.output<typeof schemas.config>): number {
  const places = max_position_embeddings ?? n_positions;
  if (places === undefined || places === null || places <= 0) return Number.POSITIVE_INFINITY;
  if (position_embedding_type !== undefined && position_embedding_type !== 'absolute') return places;
  const isShifted = /^(?:(?:xlm-)?roberta(?:-xl)?|camembert|mpnet|longformer|xmod)$/.test(model_type ?? '');
  return isShifted ? places - (pad_token_id ?? 1) - 1 : places;
}

function promptOf({ prompts, default_prompt_name }: z.output<typeof schemas.prompts>): string | undefined {
  const own = prompts?.['query'] ?? (default_prompt_name ? prompts?.[default_prompt_name] : undefined);
  return own ?? undefined;
}

function modesOf(
  pooling: z.output<typeof schemas.pooling> | undefined,
  usual: Pooling | undefined,
): readonly Pooling[] | undefined {
  if (pooling === undefined) return usual === undefined ? undefined : [usual];
  const named = [pooling.pooling_mode ?? []].flat().map(modeNamed);
  // The mean by the root of the length has the direction of the mean.
  const flagged: readonly (Pooling | false)[] = [
    pooling.pooling_mode_cls_token === true && 'cls',
    pooling.pooling_mode_max_tokens === true && 'max',
    (pooling.pooling_mode_mean_tokens === true || pooling.pooling_mode_mean_sqrt_len_tokens === true) &&
      'mean',
    pooling.pooling_mode_weightedmean_tokens === true && 'weighted',
    pooling.pooling_mode_lasttoken === true && 'last',
  ];
  const modes = named.length > 0 ? named : flagged.filter((mode) => mode !== false);
  if (modes.length === 0) throw new UnusableModel('the configuration of its pooling names none');
  return modes;
}

const modes: Readonly<Record<string, Pooling>> = {
  cls: 'cls',
  max: 'max',
  mean: 'mean',
  mean_sqrt_len_tokens: 'mean',
  weightedmean: 'weighted',
  lasttoken: 'last',
};

function modeNamed(name: string): Pooling {
  const mode = modes[name];
  if (mode === undefined) throw new UnusableModel('the configuration of its pooling names an unknown one');
  return mode;
}

async function readAs<Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const value = await readJson(folder, name, mostBytes);
  if (value === undefined) return undefined;
  const read = schema.safeParse(value, { error: plainWords });
  if (read.success) return read.data;
  const { path, message } = firstFault(read.error);
  throw new UnusableModel(`${[name, ...path].join('.')} ${message}`);
}

/** Undefined if there is no such file. @throws UnusableModel if it is no JSON, or too large */
export async function readJson(
  folder: string,
  name: string,
  maxBytes: number,
): Promise<JsonValue | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, name), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw new UnusableModel(`${name} cannot be read`);
  }
  if (text.length > maxBytes) throw new UnusableModel(`${name} is larger than ${maxBytes} bytes`);
  const value = tryParseJson(text);
  if (value === undefined) throw new UnusableModel(`${name} is damaged: it is no JSON`);
  return value;
}
