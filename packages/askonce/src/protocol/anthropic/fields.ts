/**
 * Which fields of a Messages request count (https://docs.anthropic.com/en/api/messages, with the beta fields).
 */
import type { FieldRule } from '../contract.ts';

export const messageFields = {
  model: { counts: 'apart', as: 'subject' },
  max_tokens: { counts: 'apart', as: 'ceiling' },
  stream: { counts: 'apart', as: 'form' },

  system: { counts: 'content' },
  messages: { counts: 'content' },
  tools: { counts: 'content' },

  temperature: { counts: 'bucket', bucket: 'temperature', default: 1 },
  top_p: { counts: 'bucket', bucket: 'topP' },
  top_k: { counts: 'value' },
  stop_sequences: { counts: 'value', default: [] },
  // What happens when `thinking` is left out depends on the model, so it has no default here.
  thinking: { counts: 'value' },
  tool_choice: { counts: 'value' },
  output_config: { counts: 'value' },
  output_format: { counts: 'value', default: null },
  context_management: { counts: 'value', default: null },
  compaction: { counts: 'value', default: null },
  fallbacks: { counts: 'value', default: null },
  inference_geo: { counts: 'value', default: null },
  service_tier: { counts: 'value', default: 'auto' },
  speed: { counts: 'value', default: null },
  billing_policy: { counts: 'value', default: null },

  // Requests with these bypass the cache; they count for whoever switches that off.
  container: { counts: 'value', default: null },
  thread: { counts: 'value', default: null },
  mcp_servers: { counts: 'value', default: [] },
  diagnostics: { counts: 'value', default: null },
  fallback_credit_token: { counts: 'value', default: null },

  metadata: { counts: 'ignored', because: 'names the end user for abuse detection; the model never sees it' },
  cache_control: { counts: 'ignored', because: 'prompt caching changes price and latency, never the answer' },
} as const satisfies Readonly<Record<string, FieldRule>>;
