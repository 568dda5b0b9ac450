/** `@askonce/embedder-static`: the embedder that needs neither network nor key. */
export { type StaticEmbedder, staticEmbedder } from './embedder.ts';
