/**
 * All protocols, by name.
 */
import { anthropicMessages } from './anthropic-messages.ts';
import type { Protocol, ProtocolName } from './contract.ts';
import { functionProtocol } from './function.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiCompletions } from './openai-completions.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { openaiResponses } from './openai-responses.ts';

export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  'openai-chat': openaiChat,
  'openai-completions': openaiCompletions,
  'openai-embeddings': openaiEmbeddings,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  function: functionProtocol,
};
