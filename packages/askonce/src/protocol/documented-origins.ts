/**
 * Where the defaults that a protocol's documentation states are known to hold. What merely speaks the protocol may
 * have others.
 */
import type { ProtocolName } from './contract.ts';

const openai = 'https://api.openai.com';

export const documentedOrigins: Readonly<Record<ProtocolName, string | undefined>> = {
  'openai-chat': openai,
  'openai-completions': openai,
  'openai-embeddings': openai,
  'openai-responses': openai,
  'anthropic-messages': 'https://api.anthropic.com',
  function: undefined,
};
