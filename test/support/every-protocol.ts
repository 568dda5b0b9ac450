/**
 * All built-in protocols: those that every process loads, and those that adapters bring.
 */
import { aiSdkEmbeddings } from '../../packages/askonce/src/protocol/ai-sdk/embeddings.ts';
import { aiSdk } from '../../packages/askonce/src/protocol/ai-sdk/protocol.ts';
import type { BuiltInProtocolName, Protocol } from '../../packages/askonce/src/protocol/contract.ts';
import { embeddingFunction } from '../../packages/askonce/src/protocol/embedding-function.ts';
import { endpoint } from '../../packages/askonce/src/protocol/endpoint/protocol.ts';
import { protocols } from '../../packages/askonce/src/protocol/protocols.ts';

export const everyProtocol: Readonly<Record<BuiltInProtocolName, Protocol>> = {
  ...protocols,
  'ai-sdk': aiSdk,
  'ai-sdk-embeddings': aiSdkEmbeddings,
  endpoint,
  'embedding-function': embeddingFunction,
};
