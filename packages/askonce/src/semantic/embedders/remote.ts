/**
 * The remote embedder: any endpoint that is compatible with OpenAI's `POST /embeddings`. A call embeds one text, since
 * some models give another vector to a text that is embedded together with others.
 */
import { z } from 'zod';
import type { Usage } from '../../entry/entry.ts';
import { mostComponents } from '../../entry/vector.ts';
import { firstFault, plainWords } from '../../faults.ts';
import { isJsonObject } from '../../json.ts';
import { usageOf } from '../../protocol/openai/finish.ts';
import type { Embedder } from '../contract.ts';
import { baseOf, checkedKey, endpointUrl, failed, type PostFetch, postJson } from '../post-json.ts';
import { normalised } from './vector.ts';

export interface RemoteEmbedderOptions {
  /** Such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token; none is sent without it. */
  readonly apiKey?: string | undefined;
  /** Put before each text, such as `query: ` for models of the e5 family. Default ''. */
  readonly prefix?: string | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: PostFetch | undefined;
}

const what = 'the embeddings endpoint';
/** Enough for the longest vector with every digit of its components. */
const maxBytes = 1024 * 1024;

const answerSchema = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()).min(1).max(mostComponents) })).length(1),
});

/**
 * Creates a remote embedder. It calls nothing before the first text, and learns its dimension from the first answer.
 *
 * @throws AskonceError `invalid_settings` for a base URL or key that cannot be used
 */
export function remoteEmbedder(options: RemoteEmbedderOptions): Embedder {
  const { model, prefix = '', fetch } = options;
  const route = 'embeddings';
  const url = endpointUrl(options.baseUrl, route);
  const apiKey = checkedKey(options.apiKey, what);
  const closing = new AbortController();
  let dimension: number | undefined;

  async function embed(
    text: string,
    signal?: AbortSignal,
    onBilled?: (usage: Usage | undefined) => void,
  ): Promise<Float32Array> {
    signal?.throwIfAborted();
    const ends = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
    if (ends.aborted) throw failed(what, 'is closed');
    const body = { model, input: [`${prefix}${text}`], encoding_format: 'float' };
    const answer = await postJson({ what, url, apiKey, fetch, maxBytes }, body, ends);
    onBilled?.(isJsonObject(answer) ? usageOf(answer) : undefined);
    const read = answerSchema.safeParse(answer, { error: plainWords });
    if (!read.success) {
      const { path, message } = firstFault(read.error);
      throw failed(what, `gave an unusable answer: ${['answer', ...path].join('.')} ${message}`);
    }
    const components = read.data.data[0]?.embedding ?? [];
    dimension ??= components.length;
    if (components.length !== dimension) {
      const lengths = `a vector of ${components.length} components after one of ${dimension}`;
      throw failed(what, `gave ${lengths}; start again if its model has changed`);
    }
    const vector = normalised(components);
    if (vector === undefined) throw failed(what, 'gave a vector that has no direction');
    return vector;
  }

  return {
    name: 'remote',
    version: model,
    service: { provider: baseOf(url, route), model },
    get dimension() {
      return dimension;
    },
    prefix,
    pooling: '',
    weights: '',
    embed,
    close() {
      closing.abort();
    },
  };
}
