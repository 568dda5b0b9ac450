/**
 * Reading a Messages request: its shape, and what keeps it from the cache.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import type { BypassReason } from '../../observe/events.ts';
import type { Reading } from '../contract.ts';
import { checkRequest } from '../request-schema.ts';

const block = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(block)], {
  error: 'expected a string or a list of content blocks',
});

/** The documented limit is 100 000 messages; nothing is named as unknown, as the API grows faster than this file. */
const requestSchema = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(z.looseObject({ role: z.string(), content: content.optional() })).max(100_000),
  system: content.nullish(),
  max_tokens: z.number().nullish(),
  stream: z.boolean().nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  tools: z.array(z.looseObject({ type: z.string().nullish() })).nullish(),
  mcp_servers: z.array(z.looseObject({})).nullish(),
});

type MessagesRequest = z.output<typeof requestSchema>;

/** Tools that the caller runs. Any other type, a new one too, is taken to run at the provider. */
const clientTools =
  /^(custom|bash_\d+|text_editor_\d+|computer_\d+|memory_\d+|browser_toolset_\d+|computer_toolset_\d+)$/;

export function readRequest(body: JsonObject): Reading {
  const request = checkRequest(requestSchema, body);
  return {
    subject: request.model ?? '',
    form: request.stream === true ? 'stream' : 'body',
    ceiling: request.max_tokens ?? undefined,
    user: request.metadata?.user_id ?? undefined,
    bypass: bypassOf(request),
  };
}

function bypassOf(request: MessagesRequest): BypassReason | undefined {
  if (!request.model) return 'unrepresentable';
  if (hasState(request)) return 'stateful';
  return hasSideEffects(request) ? 'side-effects' : undefined;
}

/** Containers, threads and credit tokens live at the provider; diagnostics speak of one earlier request. */
function hasState(request: MessagesRequest): boolean {
  return (
    isSet(request['container']) ||
    isSet(request['thread']) ||
    isSet(request['diagnostics']) ||
    isSet(request['fallback_credit_token']) ||
    request.messages.some(
      ({ content }) => Array.isArray(content) && content.some(({ type }) => type === 'container_upload'),
    )
  );
}

function hasSideEffects(request: MessagesRequest): boolean {
  return (
    // Zero tokens ask for no answer: the request only warms the provider's prompt cache.
    request.max_tokens === 0 ||
    (request.mcp_servers?.length ?? 0) > 0 ||
    (request.tools?.some(({ type }) => typeof type === 'string' && !clientTools.test(type)) ?? false)
  );
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
