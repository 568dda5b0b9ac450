/**
 * Reading a chat request: its shape, and why it may bypass the cache.
 */
import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { BypassReason } from '../../../observe/causes.ts';
import type { Reading, RequestLine } from '../../contract.ts';
import { checkRequest } from '../../request-schema.ts';
import { builtInSideEffects } from '../../side-effects/side-effects.ts';
import { modelSchema, subjectOf } from '../requests.ts';
import { streamForm, streamSchema } from '../stream-options.ts';

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
type Line = Partial<Pick<RequestLine, 'route' | 'sideEffects'>>;

export function readRequest(body: JsonObject, line: Line = {}): Reading {
  const request = checkRequest(requestSchema, body);
  const subject = subjectOf(request.model, line.route);
  return {
    subject,
    form: streamForm(request.stream, body['stream_options']),
    ceiling: ceilingOf(request),
    user: request.user ?? request.safety_identifier ?? undefined,
    bypass: bypassOf(body, request.model ?? subject, line),
  };
}

function ceilingOf({ max_tokens: old, max_completion_tokens: today }: ChatRequest): number | undefined {
  const limits = [old, today].filter((limit) => typeof limit === 'number');
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function bypassOf(body: JsonObject, model: string, { sideEffects }: Line): BypassReason | undefined {
  if (!model) return 'unrepresentable';
  const acts = (sideEffects ?? builtInSideEffects)(body, model, isCallersTool);
  return acts ? 'side-effects' : undefined;
}

function isCallersTool(type: string): boolean {
  return type === 'function' || type === 'custom';
}
