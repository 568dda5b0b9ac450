/**
 * Reading a Messages request: its shape, and why it may bypass the cache.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import type { BypassReason } from '../../observe/causes.ts';
import type { Reading, RequestLine } from '../contract.ts';
import { checkRequest, isGiven } from '../request-schema.ts';
import { builtInSideEffects } from '../side-effects/side-effects.ts';

const block = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(block)], {
  error: 'expected a string or a list of content blocks',
});

/** Loose, since the API grows faster than this file. 100 000 messages is the documented limit. */
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

/** Tools that the caller runs. Any other type, including a new one, is assumed to run at the provider. */
const clientTools =
  /^(custom|bash_\d+|text_editor_\d+|computer_\d+|memory_\d+|browser_toolset_\d+|computer_toolset_\d+)$/;

type Line = Pick<RequestLine, 'sideEffects'>;

export function readRequest(body: JsonObject, line: Line = {}): Reading {
  const request = checkRequest(requestSchema, body);
  return {
    subject: request.model ?? '',
    form: request.stream === true ? 'stream' : 'body',
    ceiling: request.max_tokens ?? undefined,
    user: request.metadata?.user_id ?? undefined,
    bypass: bypassOf(request, body, line),
  };
}

function bypassOf(
  request: MessagesRequest,
  body: JsonObject,
  { sideEffects }: Line,
): BypassReason | undefined {
  if (!request.model) return 'unrepresentable';
  if (hasState(request)) return 'stateful';
  const acts =
    // A request for zero tokens only warms the provider's prompt cache.
    request.max_tokens === 0 || (sideEffects ?? builtInSideEffects)(body, request.model, isCallersTool);
  return acts ? 'side-effects' : undefined;
}

/** Containers, threads and credit tokens are state at the provider; diagnostics refer to one earlier request. */
function hasState(request: MessagesRequest): boolean {
  return (
    isGiven(request['container']) ||
    isGiven(request['thread']) ||
    isGiven(request['diagnostics']) ||
    isGiven(request['fallback_credit_token']) ||
    request.messages.some(
      ({ content }) => Array.isArray(content) && content.some(({ type }) => type === 'container_upload'),
    )
  );
}

function isCallersTool(type: string): boolean {
  return clientTools.test(type);
}
