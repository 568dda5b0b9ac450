/**
 * All protocols, by name.
 */
import { anthropicMessages } from './anthropic/protocol.ts';
import type { Protocol, ProtocolName } from './contract.ts';
import { functionProtocol } from './function.ts';
import { openaiChat } from './openai/chat/protocol.ts';
import { openaiCompletions } from './openai/completions/protocol.ts';
import { openaiEmbeddings } from './openai/embeddings/protocol.ts';
import { openaiResponses } from './openai/responses/protocol.ts';

export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  'openai-chat': openaiChat,
  'openai-completions': openaiCompletions,
  'openai-embeddings': openaiEmbeddings,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  function: functionProtocol,
};

/* MERGED documented-origins.ts:
 * Where the defaults that a protocol's documentation states are known to hold. What merely speaks the protocol may
 * have others.
 */
const openai = 'https://api.openai.com';

export const documentedOrigins: Readonly<Record<ProtocolName, string | undefined>> = {
  'openai-chat': openai,
  'openai-completions': openai,
  'openai-embeddings': openai,
  'openai-responses': openai,
  'anthropic-messages': 'https://api.anthropic.com',
  function: undefined,
};
