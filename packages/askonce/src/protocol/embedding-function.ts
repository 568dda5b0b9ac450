/**
 * The `embedding-function` protocol: a function of the application that turns texts into vectors. Body and answer are
 * those of OpenAI's embeddings, so that a batch is split and joined in the same way; no credential is asked for, since
 * the application calls its own function.
 */
import type { Protocol } from './contract.ts';
import { openaiEmbeddings } from './openai/embeddings/protocol.ts';

export const embeddingFunction: Protocol = {
  ...openaiEmbeddings,
  name: 'embedding-function',
  version: 1,
  headers: {},
  recordedHeaders: [],
  requiresCredential: false,
  fields: {
    model: { counts: 'elsewhere', as: 'subject' },
    input: { counts: 'content' },
    // The purpose of the texts, dimensions, options of the provider: whatever else makes other vectors.
    options: { counts: 'value' },
  },
  // Nothing else of the body has a meaning: an `encoding_format`, say, would be a field like any other.
  read: ({ model = null, input = null }) => openaiEmbeddings.read({ model, input }),
};
