/**
 * Puts a model of the AI SDK behind a cache.
 */
import { gateway, wrapEmbeddingModel, wrapLanguageModel } from 'ai';
import { AskonceError } from '../../errors.ts';
import { askonceEmbeddingMiddleware, askonceMiddleware } from './middleware.ts';
import type { AskonceOptions } from './options.ts';
import type { WrappedEmbeddingModel, WrappedLanguageModel } from './types.ts';

/** A language model, of the specification v4, v3 or v2. */
type LanguageModelObject = Parameters<typeof wrapLanguageModel>[0]['model'];
/** An embedding model, of the specification v4 or v3. */
type EmbeddingModelObject = Parameters<typeof wrapEmbeddingModel>[0]['model'];

/**
 * Puts a language model or an embedding model behind a cache. A text names a language model of the default provider, as it
 * does in the SDK (`openai/gpt-5-mini`).
 * @throws AskonceError `invalid_settings` for a model of another kind, such as an image model.
 */
export function withAskonce(
  model: LanguageModelObject | string,
  options: AskonceOptions,
): WrappedLanguageModel;
export function withAskonce(model: EmbeddingModelObject, options: AskonceOptions): WrappedEmbeddingModel;
export function withAskonce(
  model: LanguageModelObject | EmbeddingModelObject | string,
  options: AskonceOptions,
): WrappedLanguageModel | WrappedEmbeddingModel {
  if (typeof model !== 'string' && 'doEmbed' in model)
    return wrapEmbeddingModel({ model, middleware: askonceEmbeddingMiddleware(options) });
  const named = typeof model === 'string' ? defaultProvider().languageModel(model) : model;
  // An image model has `doGenerate`, too. TypeScript refuses it. In JavaScript, a call would fail far from here.
  if (!('doStream' in named))
    throw new AskonceError(
      'invalid_settings',
      'withAskonce takes language models and embedding models; call the other models without a cache, or through cachedFunction.',
    );
  return wrapLanguageModel({ model: named, middleware: askonceMiddleware(options) });
}

/** As the SDK resolves a model's name. */
function defaultProvider(): { languageModel(name: string): LanguageModelObject } {
  return globalThis.AI_SDK_DEFAULT_PROVIDER ?? gateway;
}
