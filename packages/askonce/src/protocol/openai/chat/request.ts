/**
 * Reading a chat request: its shape, and why it may bypass the cache.
 */
import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { BypassReason } from '../../../observe/events.ts';
import type { Reading } from '../../contract.ts';
import { checkRequest, isGiven } from '../../request-schema.ts';
import { modelSchema, streamForm, streamSchema } from '../requests.ts';

const content = z.union([z.string(), z.array(z.looseObject({ type: z.string().optional() }))], {
  error: 'expected a string or a list of content parts',
});

const requestSchema = z.looseObject({
  model: modelSchema,
  messages: z.array(z.looseObject({ role: z.string().optional(), content: content.nullish() })).max(100_000),
  max_tokens: z.number().nullish(),
  max_completion_tokens: z.number().nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  tools: z.array(z.looseObject({ type: z.string().nullish() })).nullish(),
  ...streamSchema,
});

type ChatRequest = z.output<typeof requestSchema>;

export function readRequest(body: JsonObject): Reading {
  const request = checkRequest(requestSchema, body);
  return {
    subject: request.model ?? '',
    form: streamForm(request.stream, request.stream_options),
    ceiling: ceilingOf(request),
    user: request.user ?? request.safety_identifier ?? undefined,
    bypass: bypassOf(request),
  };
}

function ceilingOf({ max_tokens: old, max_completion_tokens: today }: ChatRequest): number | undefined {
  const limits = [old, today].filter((limit) => typeof limit === 'number');
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function bypassOf(request: ChatRequest): BypassReason | undefined {
  if (!request.model) return 'unrepresentable';
  return runsAtProvider(request) ? 'side-effects' : undefined;
}

/**
 * Whether the provider may search or run code while it answers: OpenAI's own option, xAI's `search_parameters`,
 * OpenRouter's `plugins`, Alibaba's `enable_search`, and tools of any type but the two that the caller runs.
 */
function runsAtProvider(request: ChatRequest): boolean {
  return (
    isGiven(request['web_search_options']) ||
    isGiven(request['search_parameters']) ||
    isGiven(request['plugins']) ||
    request['enable_search'] === true ||
    (request.tools?.some(({ type }) => type !== undefined && type !== 'function' && type !== 'custom') ??
      false)
  );
}
