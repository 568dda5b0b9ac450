/**
 * `askonce/semantic`: what embedders, verifiers, judges and guards of your own need.
 */
export type {
  Embedder,
  EmbedderIdentity,
  Guard,
  GuardName,
  Judge,
  JudgedPair,
  Verdict,
  VerifiedPair,
  Verifier,
} from './contract.ts';
export { type RemoteEmbedderOptions, remoteEmbedder } from './embedders/remote.ts';
export type { PostAnswer, PostFetch, PostInit } from './post-json.ts';
