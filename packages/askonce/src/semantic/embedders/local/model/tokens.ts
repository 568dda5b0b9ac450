/**
 * The token ids of a text, as the model's reference tokenizer gives them: with its special tokens, neither cut nor padded.
 */
import type { Tokenizer } from '@huggingface/tokenizers';
import { isJsonObject, type JsonObject } from '../../../../json.ts';
import { readJson } from './configuration.ts';
import { UnusableModel } from './unusable.ts';

/** The package `@huggingface/tokenizers`, once it is loaded. */
export type TokenizersPackage = typeof import('@huggingface/tokenizers');

export interface Encoder {
  /** All ids of a text with its prefix. */
  encode(text: string): readonly number[];
  /** Whether the tokenizer has lost a part of the text, for which it has no token. */
  isUnknown(ids: readonly number[]): boolean;
  /** Tokens before those of the text itself. */
  readonly prefixTokens: number;
}

/** The largest vocabularies (a quarter of a million pieces) take 20 MB. */
const mostBytes = 128 * 1024 * 1024;

/** @throws UnusableModel */
export async function openEncoder(
  { Tokenizer }: TokenizersPackage,
  folder: string,
  prefix: string,
): Promise<Encoder> {
  const rules = await readJson(folder, 'tokenizer.json', mostBytes);
  const config = (await readJson(folder, 'tokenizer_config.json', mostBytes)) ?? {};
  if (!isJsonObject(rules)) throw new UnusableModel('it has no tokenizer.json, which is needed');
  if (!isJsonObject(config)) throw new UnusableModel('tokenizer_config.json is damaged: it is no object');
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer({ ...rules, truncation: null, padding: null }, config);
    tokenizer.encode('start');
  } catch {
    throw new UnusableModel('tokenizer.json is damaged, or of a kind that is not supported');
  }
  const unknown = unknownId(tokenizer, rules, config);
  const encode = (text: string) => tokenizer.encode(text.toWellFormed()).ids;
  return {
    encode: (text) => encode(`${prefix}${text.trim()}`),
    isUnknown: (ids) => unknown !== undefined && ids.includes(unknown),
    prefixTokens: prefix === '' ? 0 : prefixLength(encode(prefix), encode('')),
  };
}

/** The tokens of the prefix and what stands before it, without what closes every text. */
function prefixLength(ofPrefix: readonly number[], ofNothing: readonly number[]): number {
  const closes = ofNothing.length > 0 && ofNothing.at(-1) === ofPrefix.at(-1);
  return ofPrefix.length - (closes ? 1 : 0);
}

/** Undefined if the tokenizer knows every text: by its bytes, say. */
function unknownId(tokenizer: Tokenizer, { model }: JsonObject, config: JsonObject): number | undefined {
  const own: JsonObject = isJsonObject(model) ? model : {};
  if (typeof own['unk_id'] === 'number') return own['unk_id'];
  for (const token of [own['unk_token'], config['unk_token']]) {
    const text = isJsonObject(token) ? token['content'] : token;
    if (typeof text === 'string') return tokenizer.token_to_id(text);
  }
  return undefined;
}
