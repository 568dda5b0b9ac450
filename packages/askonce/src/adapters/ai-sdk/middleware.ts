/**
 * The cache as middleware of the AI SDK.
 */
import type { EmbeddingModelMiddleware, LanguageModelMiddleware } from 'ai';
import { provideProtocol } from '../../protocol/adapter-protocols.ts';
import { aiSdkEmbeddings } from '../../protocol/ai-sdk/embeddings.ts';
import { aiSdk } from '../../protocol/ai-sdk/protocol.ts';
import { asking } from './ask.ts';
import { withoutOwn } from './call.ts';
import { embedded } from './embed.ts';
import { generated } from './generate.ts';
import { heldValues } from './held.ts';
import type { AskonceOptions } from './options.ts';
import { streamed } from './stream.ts';

// One for all: a follower may have another middleware than its leader.
const held = heldValues();

/**
 * Middleware for `wrapLanguageModel`: `generateText`, `streamText` and what is made of them are answered by the cache where it
 * has an answer, and callers that ask the same at once share one call. Calls with tools that run at the provider, or with state
 * there, bypass the cache. `providerMetadata.askonce` of a result says what happened.
 *
 * Errors of the model reach every caller as they are. Of the cache's own, a call rejects with AskonceError `invalid_request`
 * for wrong options, and `not_cached` with `onlyIfCached`.
 */
export function askonceMiddleware(options: AskonceOptions): LanguageModelMiddleware {
  provideProtocol(aiSdk);
  const frame = { protocol: 'ai-sdk', route: '/language-model' } as const;
  return {
    specificationVersion: 'v4',
    async wrapGenerate({ model, params }) {
      // Only streams have chunks.
      const { includeRawChunks: _chunks, ...written } = params;
      const ask = await asking(options, model, { ...frame, call: params, written, fields: {} });
      return await generated(ask, withoutOwn(params), held.ofCall(), (asked) => model.doGenerate(asked));
    },
    async wrapStream({ model, params }) {
      const fields = { stream: true };
      const ask = await asking(options, model, { ...frame, call: params, written: params, fields });
      return await streamed(ask, withoutOwn(params), held.ofCall(), (asked) => model.doStream(asked));
    },
  };
}

/** By which an embedding model says that its options hold something for each value. */
const optionsByValue = Symbol.for('vercel.ai.embeddingModel.providerOptionsTransformer');

/**
 * Middleware for `wrapEmbeddingModel`: `embed` and `embedMany` are cached value by value, and the model is asked for the values
 * that are not stored. `providerMetadata.askonce` of a result says how many were (`3/5`).
 */
export function askonceEmbeddingMiddleware(options: AskonceOptions): EmbeddingModelMiddleware {
  provideProtocol(aiSdkEmbeddings);
  return {
    specificationVersion: 'v4',
    async wrapEmbed({ model, params }) {
      const call = withoutOwn(params);
      const { values, ...written } = params;
      const together = Reflect.get(model, optionsByValue) !== undefined && call.providerOptions !== undefined;
      const ask = await asking(options, model, {
        call: params,
        written,
        protocol: 'ai-sdk-embeddings',
        route: '/embedding-model',
        fields: { input: values, ...(together ? { together } : {}) },
      });
      return await embedded(ask, call, held.ofCall(), model);
    },
  };
}
