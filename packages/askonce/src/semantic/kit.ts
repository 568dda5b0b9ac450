/**
 * `askonce/semantic`: what embedders, verifiers, judges and guards of your own need.
 */
export type {
  Embedder,
  EmbedderAvailability,
  EmbedderIdentity,
  Guard,
  GuardName,
  Judge,
  JudgedPair,
  Neighbour,
  PricedVerdict,
  Verdict,
  VerifiedPair,
  Verifier,
} from './contract.ts';
export { type RemoteEmbedderOptions, remoteEmbedder } from './embedders/remote.ts';
export type { Change, Feed } from './feed/contract.ts';
export type {
  IndexProgress,
  VectorIndexes,
  VectorIndexesOpener,
  VectorIndexesOptions,
} from './indexes/contract.ts';
export type { Place, Searched } from './indexes/place-table.ts';
export type { PostAnswer, PostFetch, PostInit } from './post-json.ts';
export { type Deciding, functionJudge, functionVerifier } from './verifiers/function.ts';
export { type ModelOptions, modelVerifier, type TokenPrices } from './verifiers/model.ts';
