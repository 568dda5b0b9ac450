/**
 * `askonce/ai-sdk`: models of Vercel's AI SDK behind a cache.
 *
 * ```ts
 * const model = withAskonce(openai('gpt-5-mini'), { cache: createCache() });
 * const { text } = await generateText({ model, prompt: 'Why is the sky blue?' });
 * ```
 */
export { askonceEmbeddingMiddleware, askonceMiddleware } from './middleware.ts';
export type { AskonceCallOptions, AskonceOptions } from './options.ts';
export type { AskonceMetadata } from './reply.ts';
export { withAskonce } from './with-askonce.ts';
