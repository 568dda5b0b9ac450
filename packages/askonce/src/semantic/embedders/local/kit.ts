/**
 * `askonce/local-embedder`: an ONNX sentence model on this machine. Nothing of it is loaded by `askonce` alone.
 */
export {
  type LocalEmbedder,
  type LocalEmbedderOptions,
  type LocalModelReport,
  localEmbedder,
} from './embedder.ts';
export type { HubAnswer, HubFetch, HubInit } from './hub/http.ts';
export { type HubName, hubNameOf } from './hub/name.ts';
export {
  type PulledModel,
  type PullOptions,
  type PullProgress,
  pulledModel,
  pullModel,
} from './hub/pull.ts';
