/**
 * The files of a sentence model in the usual layout of Hugging Face and sentence-transformers: the graph with its weights, the
 * tokenizer and the configurations. A name is relative to the model's folder, with slashes.
 */

/** A model's configurations, of which most models have some. */
const configurationNames = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'modules.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
] as const;

/** Where the configuration of pooling is, unless `modules.json` says otherwise. */
export const usualPoolingFolder = '1_Pooling';

/** The graphs that are looked for, the first that is there is taken: 8-bit weights, else the model as it was trained. */
const graphNames = [
  'onnx/model_quantized.onnx',
  'onnx/model_int8.onnx',
  'model_quantized.onnx',
  'model_int8.onnx',
  'onnx/model.onnx',
  'model.onnx',
] as const;

/**
 * The name of the graph among a model's files: the one that is wanted (with or without `onnx/`), else by the usual names,
 * else the only one there is. Undefined if there is none, or if none of several has a usual name.
 */
export function graphAmong(names: readonly string[], wanted?: string): string | undefined {
  if (wanted !== undefined) return names.find((name) => name === wanted || name === `onnx/${wanted}`);
  const usual = graphNames.find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  const graphs = names.filter((name) => name.endsWith('.onnx'));
  return graphs.length === 1 ? graphs[0] : undefined;
}

/** Whether a file holds weights of the graph, by its name: `model.onnx_data`, `model.onnx.data`, `model.onnx_data_1`. */
export function isWeightsOf(graph: string, name: string): boolean {
  return name.startsWith(graph) && /^[._]data(?:[._-]?\d+)?$/.test(name.slice(graph.length));
}

/** The names of configurations that matter, among a model's files. */
export function configurationsAmong(names: readonly string[]): readonly string[] {
  const usual: ReadonlySet<string> = new Set(configurationNames);
  return names.filter((name) => usual.has(name) || /^\d+_Pooling\/config\.json$/.test(name));
}

/** A relative name with slashes that leads to no other folder, on any operating system. */
export function isPlainName(name: string): boolean {
  if (name.length === 0 || name.length > 512) return false;
  return name
    .split('/')
    .every((part) => /^[\w@+=,()[\] .-]+$/.test(part) && !/^\.{1,2}$|[. ]$/.test(part) && !isDevice(part));
}

/** Names that Windows gives to devices, whatever their ending. */
function isDevice(part: string): boolean {
  return /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(part);
}
