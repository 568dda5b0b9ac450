/**
 * `askonce/langchain`: the cache of a LangChain model, and LangChain embeddings behind the cache.
 */
export { AskonceCache, type AskonceCacheOptions } from './cache.ts';
export { AskonceEmbeddings, type AskonceEmbeddingsOptions } from './embeddings.ts';
