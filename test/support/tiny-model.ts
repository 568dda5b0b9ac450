/**
 * Sentence models of a few hundred bytes, written as ONNX files of all kinds: a table of word vectors, and what a graph
 * may add to it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

export interface TinyModelOptions {
  /** Default: a temporary folder. */
  readonly folder?: string;
  /** Name of the ONNX file. Default `onnx/model.onnx`. */
  readonly file?: string;
  /** Inputs besides `input_ids`. Default: `attention_mask`. */
  readonly inputs?: readonly string[];
  readonly inputType?: 'int64' | 'int32';
  /** Outputs. Default: `last_hidden_state`. */
  readonly outputs?: readonly (keyof typeof outputKinds)[];
  readonly outputType?: 'float32' | 'float16' | 'int8';
  /** Puts the table into a file of its own, of this name, beside the graph. */
  readonly weightsFile?: string;
  /** Components of the first word's vector, which makes two models differ. Default 1. */
  readonly scale?: number;
  /** Further files: JSON by name. */
  readonly files?: Readonly<Record<string, unknown>>;
}

/** How many dimensions an output has, and whether it is of the whole text. */
const outputKinds = {
  last_hidden_state: 3,
  token_embeddings: 3,
  sentence_embedding: 2,
  pooler_output: 2,
  odd: 2,
} as const;

/** The words that it knows; their ids are their places. */
export const tinyWords = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'red',
  'green',
  'blue',
  'start',
  'query',
  ':',
] as const;
const tinyDimension = 4;

/** The vector of a word: what the graph's table holds. A token's own is the sum of its word's and the mean of all words. */
export function tinyVector(id: number, scale = 1): readonly number[] {
  return Array.from(
    { length: tinyDimension },
    (_none, at) => ((id * 7 + at * 3) % 5) - 2 + (at === 0 ? scale : 0),
  );
}

/** Writes the model. Returns its folder. */
export function tinyModel(options: TinyModelOptions = {}): string {
  const { folder = temporaryFolder(), file = 'onnx/model.onnx', files = {}, weightsFile } = options;
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  write('tokenizer.json', JSON.stringify(tokenizer));
  write(
    'tokenizer_config.json',
    JSON.stringify({ tokenizer_class: 'BertTokenizer', unk_token: '[UNK]', model_max_length: 8 }),
  );
  for (const [name, value] of Object.entries(files)) write(name, JSON.stringify(value));
  if (weightsFile !== undefined) write(join(dirname(file), weightsFile), table(options));
  write(file, graph(options));
  return folder;
}

const tokenizer = {
  version: '1.0',
  truncation: { max_length: 4, stride: 0, strategy: 'LongestFirst', direction: 'Right' },
  padding: { strategy: { Fixed: 16 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' },
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(
      [...tinyWords, 'when', 'does', 'the', 'night', 'train', 'to', 'paris', 'leave', '?'].map((word, id) => [
        word,
        id,
      ]),
    ),
  },
};
const rows = Object.keys(tokenizer.model.vocab).length;

function table({ scale }: TinyModelOptions): Buffer {
  const values = Array.from({ length: rows }, (_none, id) => tinyVector(id, scale)).flat();
  return Buffer.from(Float32Array.from(values).buffer);
}

const types = { float32: 1, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

/** A ModelProto. The numbers are the fields of onnx.proto. */
function graph(options: TinyModelOptions): Buffer {
  const {
    inputs = ['attention_mask'],
    inputType = 'int64',
    outputs = ['last_hidden_state'],
    outputType = 'float32',
  } = options;
  const nodes = outputs.flatMap((name) => {
    const isOfTokens = outputKinds[name] === 3;
    const part = (suffix: string) => `${name}_${suffix}`;
    const steps = [
      node('Gather', ['table', 'input_ids'], part('rows')),
      node('ReduceMean', [part('rows')], part('mean'), axesOne, integer('keepdims', isOfTokens ? 1 : 0)),
    ];
    if (isOfTokens) steps.push(node('Add', [part('rows'), part('mean')], part('sum')));
    const last = part(isOfTokens ? 'sum' : 'mean');
    steps.push(node('Cast', [last], name, integer('to', types[outputType])));
    return steps;
  });
  return message(
    field(1, 8),
    field(8, message(field(1, ''), field(2, 13))),
    field(
      7,
      message(
        ...nodes.map((one) => field(1, one)),
        field(2, 'tiny'),
        field(5, tensor(options)),
        ...['input_ids', ...inputs].map((name) =>
          field(11, value(name, types[inputType], ['batch', 'length'])),
        ),
        ...outputs.map((name) =>
          field(
            12,
            value(
              name,
              types[outputType],
              outputKinds[name] === 3 ? ['batch', 'length', tinyDimension] : ['batch', tinyDimension],
            ),
          ),
        ),
      ),
    ),
  );
}

function tensor(options: TinyModelOptions): Buffer {
  const { weightsFile } = options;
  const head = [field(1, rows), field(1, tinyDimension), field(2, types.float32), field(8, 'table')];
  if (weightsFile === undefined) return message(...head, field(9, table(options)));
  const entry = (key: string, text: string) => field(13, message(field(1, key), field(2, text)));
  return message(
    ...head,
    entry('location', weightsFile),
    entry('offset', '0'),
    entry('length', String(table(options).length)),
    field(14, 1),
  );
}

function node(
  type: string,
  inputs: readonly string[],
  output: string,
  ...attributes: readonly Buffer[]
): Buffer {
  return message(
    ...inputs.map((name) => field(1, name)),
    field(2, output),
    field(4, type),
    ...attributes.map((attribute) => field(5, attribute)),
  );
}

function integer(name: string, number: number): Buffer {
  return message(field(1, name), field(3, number), field(20, 2));
}
const axesOne = message(field(1, 'axes'), field(8, 1), field(20, 7));

function value(name: string, type: number, shape: readonly (string | number)[]): Buffer {
  const dimensions = shape.map((one) =>
    field(1, typeof one === 'number' ? message(field(1, one)) : message(field(2, one))),
  );
  return message(
    field(1, name),
    field(2, message(field(1, message(field(1, type), field(2, message(...dimensions)))))),
  );
}

function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

/** A field of a protocol buffer: a number as a varint, all else with its length. */
function field(number: number, content: number | string | Buffer): Buffer {
  if (typeof content === 'number') return Buffer.concat([varint(number << 3), varint(content)]);
  const bytes = Buffer.from(content);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(number: number): Buffer {
  const bytes: number[] = [];
  for (let left = number; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}
