import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../../../../test/support/temporary-folder.ts';
import {
  type TinyModelOptions,
  tinyModel,
  tinyVector,
  tinyWords,
} from '../../../../../../../test/support/tiny-model.ts';
import { normalised } from '../../vector.ts';
import type { ModelSettings } from '../messages.ts';
import { loadModel, loadPeers } from './loaded.ts';

const peers = await loadPeers();

const load = (folder: string, settings: Partial<ModelSettings> = {}) =>
  loadModel({ folder, name: 'tiny', threads: 1, ...settings }, peers);
const loadTiny = (options: TinyModelOptions = {}, settings: Partial<ModelSettings> = {}) =>
  load(tinyModel(options), settings);

const idOf = (word: (typeof tinyWords)[number]) => tinyWords.indexOf(word);
/** The tokens of "red green". */
const redGreen = [idOf('[CLS]'), idOf('red'), idOf('green'), idOf('[SEP]')];
const meanOf = (ids: readonly number[]) =>
  [0, 1, 2, 3].map((at) => ids.reduce((sum, id) => sum + (tinyVector(id)[at] ?? 0), 0) / ids.length);
const mean = (ids: readonly number[]) => normalised(meanOf(ids));
/** The vector of a text of which some tokens are pooled: each has the mean of all in it. */
const pooled = (ids: readonly number[], all: readonly number[]) => {
  const whole = meanOf(all);
  return normalised(meanOf(ids).map((component, at) => component + (whole[at] ?? 0)));
};
const near = (vector: Float32Array | undefined) =>
  Array.from(vector ?? [], (one) => Math.round(one * 100) / 100);

const poolingFile = (pooling: Record<string, unknown>) => ({ '1_Pooling/config.json': pooling });

describe('a model', () => {
  it.each([
    {},
    { inputs: [] },
    { inputs: ['attention_mask', 'token_type_ids', 'position_ids'] },
    { inputType: 'int32' },
    { outputs: ['token_embeddings'] },
    { outputs: ['pooler_output', 'last_hidden_state'] },
    { outputs: ['sentence_embedding', 'last_hidden_state'] },
    { outputs: ['pooler_output'] },
    { outputs: ['odd'] },
    { outputType: 'float16' },
    { file: 'model.onnx' },
    { file: 'onnx/model_quantized.onnx' },
    { file: 'onnx/unusual.onnx' },
    { weightsFile: 'model.onnx_data' },
    { weightsFile: 'weights.bin' },
  ] satisfies TinyModelOptions[])('of the kind %o gives the mean of its words', async (options) => {
    const model = await loadTiny(options);
    expect(near(await model.vectorOf(' red  GREEN '))).toEqual(near(mean(redGreen)));
    expect(model.about.dimension).toBe(4);
  });

  it('of whole numbers of eight bits gives the mean of its words but for their rounding', async () => {
    const vector = await (await loadTiny({ outputType: 'int8' })).vectorOf('red green');
    const exact = mean(redGreen) ?? [];
    expect(vector?.reduce((sum, component, at) => sum + component * (exact[at] ?? 0), 0)).toBeGreaterThan(
      0.98,
    );
  });

  it('leaves the pooling to the graph only if no setting names one', async () => {
    const options: TinyModelOptions = { outputs: ['sentence_embedding', 'last_hidden_state'] };
    expect((await loadTiny(options)).about.pooling).toBe('graph');
    const own = await loadTiny(options, { pooling: 'cls' });
    expect(own.about.pooling).toBe('cls');
    expect(near(await own.vectorOf('red'))).toEqual(
      near(pooled([idOf('[CLS]')], [idOf('[CLS]'), idOf('red'), idOf('[SEP]')])),
    );
  });

  it.each([
    [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, 'cls'],
    [{ pooling_mode: 'lasttoken' }, 'last'],
    [{ pooling_mode_max_tokens: true }, 'max'],
    [{ pooling_mode_mean_sqrt_len_tokens: true }, 'mean'],
    [{ pooling_mode_weightedmean_tokens: true }, 'weighted'],
    [{ pooling_mode: ['cls', 'mean'] }, 'cls+mean'],
  ])('pools by its own file: %o', async (file, pooling) => {
    expect((await loadTiny({ files: poolingFile(file) })).about.pooling).toBe(pooling);
  });

  it('finds the file of its pooling by modules.json, and pools by its family if there is none', async () => {
    const files = {
      'modules.json': [
        { type: 'sentence_transformers.models.Transformer', path: '' },
        { type: 'sentence_transformers.models.Pooling', path: '2_Pooling' },
      ],
      '2_Pooling/config.json': { pooling_mode_cls_token: true },
    };
    expect((await loadTiny({ files })).about.pooling).toBe('cls');
    expect((await loadTiny({}, { name: 'acme/bge-small-en' })).about.pooling).toBe('cls');
    expect((await loadTiny({}, { name: 'acme/something' })).about.pooling).toBe('mean');
  });

  it('puts its prompt for queries before each text, or the prefix of its family, or what a setting says', async () => {
    const files = {
      'config_sentence_transformers.json': { prompts: { query: 'query : ', document: 'blue ' } },
    };
    const model = await loadTiny({ files });
    expect(model.about.prefix).toBe('query : ');
    const ids = [idOf('[CLS]'), idOf('query'), idOf(':'), idOf('red'), idOf('[SEP]')];
    expect(near(await model.vectorOf('red'))).toEqual(near(mean(ids)));
    const prefixOf = async (name: string, settings: Partial<ModelSettings> = {}) =>
      (await loadTiny({}, { name, ...settings })).about.prefix;
    expect(await prefixOf('intfloat/multilingual-e5-small')).toBe('query: ');
    expect(await prefixOf('intfloat/multilingual-e5-small', { prefix: '' })).toBe('');
    expect(await prefixOf('intfloat/multilingual-e5-large-instruct')).toBe('');
    expect(await prefixOf('acme/something')).toBe('');
  });

  it('leaves its prompt out of the pooling if its files say so', async () => {
    const files = {
      'config_sentence_transformers.json': { prompts: { query: 'query : ' } },
      ...poolingFile({ pooling_mode_mean_tokens: true, include_prompt: false }),
    };
    const model = await loadTiny({ files });
    const rest = [idOf('red'), idOf('[SEP]')];
    const all = [idOf('[CLS]'), idOf('query'), idOf(':'), ...rest];
    expect(near(await model.vectorOf('red'))).toEqual(near(pooled(rest, all)));
  });

  it('has no vector for an empty text, a text with an unknown word, and one that is longer than its files or a setting allow', async () => {
    const model = await loadTiny();
    expect(await model.vectorOf(' ')).toBe(undefined);
    expect(await model.vectorOf('red violet')).toBe(undefined);
    expect(model.about.maxTokens).toBe(8);
    expect(await model.vectorOf('red '.repeat(6))).toBeDefined();
    expect(await model.vectorOf('red '.repeat(7))).toBe(undefined);
    const longer = await loadTiny({}, { maxTokens: 100 });
    expect(await longer.vectorOf('red '.repeat(90))).toBeDefined();
    const files = { 'config.json': { model_type: 'roberta', max_position_embeddings: 10, pad_token_id: 1 } };
    expect((await loadTiny({ files }, { maxTokens: 100 })).about.maxTokens).toBe(8);
    expect(
      (await loadTiny({ files: { 'sentence_bert_config.json': { max_seq_length: 5 } } })).about.maxTokens,
    ).toBe(5);
  });
});

describe('a model that cannot be used says why in a sentence', () => {
  const truncated = (name: string) => {
    const folder = tinyModel();
    writeFileSync(join(folder, name), '{"');
    return folder;
  };
  it.each([
    [() => temporaryFolder(), /has no ONNX file/],
    [() => join(temporaryFolder(), 'none'), /folder cannot be read/],
    [() => truncated('onnx/model.onnx'), /file is damaged, or onnxruntime does not support it/],
    [() => truncated('tokenizer.json'), /tokenizer\.json is damaged: it is no JSON/],
    [() => truncated('config.json'), /config\.json is damaged/],
    [() => tinyModel({ files: { 'tokenizer.json': {} } }), /tokenizer\.json is damaged, or of a kind/],
    [
      () => tinyModel({ files: { 'modules.json': [{ type: 'x.Pooling', path: '../..' }] } }),
      /outside of the model/,
    ],
    [
      () => tinyModel({ files: { 'modules.json': [{ type: 'x.Dense', path: '2_Dense' }] } }),
      /lacks \(Dense\)/,
    ],
    [() => tinyModel({ files: poolingFile({ pooling_mode: 'new' }) }), /unknown one/],
    [() => tinyModel({ inputs: ['task_id'] }), /wants the input task_id/],
    [
      () => tinyModel({ outputs: ['odd', 'pooler_output', 'sentence_embedding'], scale: Number.NaN }),
      /not finite/,
    ],
    [() => tinyModel({ weightsFile: '../../outside.bin' }), /outside of the folder/],
  ])('%s: %s', async (folder, message) => {
    await expect(load(folder())).rejects.toThrow(message);
  });

  it('a wanted file that is not there, and several of which none has a usual name', async () => {
    await expect(loadTiny({}, { file: 'model_fp16.onnx' })).rejects.toThrow('has no file model_fp16.onnx');
    const folder = tinyModel({ file: 'onnx/a.onnx' });
    await expect(load(tinyModel({ folder, file: 'onnx/b.onnx' }))).rejects.toThrow('several ONNX files');
    expect((await load(folder, { file: 'b.onnx' })).about.file).toBe('onnx/b.onnx');
  });

  it('packages that are not installed are named with what to run', async () => {
    const absent = () => Promise.reject(new Error('not found'));
    const here = {
      onnx: () => import('onnxruntime-node'),
      tokenizers: () => import('@huggingface/tokenizers'),
    };
    await expect(loadPeers({ ...here, onnx: absent })).rejects.toThrow(/run npm install onnxruntime-node$/);
    await expect(loadPeers({ onnx: absent, tokenizers: absent })).rejects.toThrow(
      /run npm install onnxruntime-node @huggingface\/tokenizers$/,
    );
  });
});

describe('the digest of a model', () => {
  const digestOf = async (options: TinyModelOptions, settings: Partial<ModelSettings> = {}) =>
    (await loadTiny(options, settings)).about.weights;

  it('depends on every file that has a part in its vectors, and on nothing else', async () => {
    const plain = await digestOf({});
    expect(await digestOf({ files: { 'README.json': {} } })).toBe(plain);
    const others = await Promise.all(
      [
        { scale: 2 },
        { files: { 'config.json': {} } },
        { files: { 'special_tokens_map.json': {} } },
        { files: poolingFile({ pooling_mode: 'mean' }) },
        { files: { 'config_sentence_transformers.json': {} } },
        { weightsFile: 'weights.bin' },
        { weightsFile: 'weights.bin', scale: 2 },
      ].map((options) => digestOf(options)),
    );
    expect(new Set([plain, ...others]).size).toBe(8);
  });

  it('is compared when the model is loaded again', async () => {
    const folder = tinyModel();
    const { weights } = (await load(folder)).about;
    expect((await load(folder, { expected: weights })).about.weights).toBe(weights);
    tinyModel({ folder, scale: 2 });
    await expect(load(folder, { expected: weights })).rejects.toThrow('no longer those that were loaded');
  });

  it.each(['onnx/model.onnx', 'onnx/weights.bin', 'tokenizer.json'])(
    'a change of %s is noticed while the model is loaded, and so is its end',
    async (name) => {
      const folder = tinyModel({ weightsFile: 'weights.bin' });
      const model = await load(folder);
      expect(await model.isIntact()).toBe(true);
      renameSync(join(folder, name), join(folder, 'aside'));
      expect(await model.isIntact()).toBe(false);
      renameSync(join(folder, 'aside'), join(folder, name));
      expect(await model.isIntact()).toBe(true);
      appendFileSync(join(folder, name), ' ');
      expect(await model.isIntact()).toBe(false);
    },
  );

  it('files that are not what was pulled are damaged', async () => {
    const file = { bytes: 1, sha256: '0'.repeat(64) };
    const manifest = { name: 'acme/tiny', revision: 'main', commit: 'c', file: 'onnx/model.onnx' };
    const folder = tinyModel({
      files: { 'askonce-model.json': { ...manifest, files: { 'onnx/model.onnx': file } } },
    });
    await expect(load(folder)).rejects.toThrow('onnx/model.onnx is damaged: it is not what was pulled');
  });
});
