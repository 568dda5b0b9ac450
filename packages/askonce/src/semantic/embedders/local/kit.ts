/**
 * `askonce/local-embedder`: an ONNX sentence model on this machine. Nothing of it is loaded by `askonce` alone.
 */
export {
  type LocalEmbedder,
  type LocalEmbedderOptions,
  type LocalModelReport,
  localEmbedder,
} from './embedder.ts';
