/**
 * Reading a Responses request: its shape, and what keeps it from the cache.
 */
import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { BypassReason } from '../../../observe/events.ts';
import type { Reading } from '../../contract.ts';
import { checkRequest } from '../../request-schema.ts';

const part = z.looseObject({ type: z.string() });
const contentError = 'Invalid input: expected a string or a list of content parts';
const item = z.looseObject({
  type: z.string().nullish(),
  role: z.string().nullish(),
  id: z.string().nullish(),
  content: z.union([z.string(), z.array(part)], { error: contentError }).nullish(),
});
const tool = z.looseObject({
  type: z.string(),
  execution: z.string().nullish(),
  environment: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
});
const inputError = 'Invalid input: expected a string or a list of input items';

const requestSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(item)], { error: inputError }).nullish(),
  instructions: z.string().nullish(),
  max_output_tokens: z.number().nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  tools: z.array(tool).nullish(),
  prompt_cache_options: z
    .looseObject({ prewarm: z.boolean().nullish(), comparison_response_id: z.string().nullish() })
    .nullish(),
});

type ResponsesRequest = z.output<typeof requestSchema>;
type Tool = z.output<typeof tool>;
type Item = z.output<typeof item>;

export function readRequest(body: JsonObject): Reading {
  const request = checkRequest(requestSchema, body);
  return {
    subject: request.model ?? '',
    form: request.stream === true ? 'stream' : 'body',
    ceiling: request.max_output_tokens ?? undefined,
    user: request.user ?? request.safety_identifier ?? undefined,
    bypass: bypassOf(request),
  };
}

function bypassOf(request: ResponsesRequest): BypassReason | undefined {
  if (hasState(request)) return 'stateful';
  if (!request.model) return 'unrepresentable';
  return hasSideEffects(request) ? 'side-effects' : undefined;
}

/**
 * What is kept at the provider and may change there without our knowing: earlier responses, conversations,
 * prompt templates, items by reference, containers.
 */
function hasState(request: ResponsesRequest): boolean {
  return (
    isSet(request['previous_response_id']) ||
    isSet(request['conversation']) ||
    isSet(request['prompt']) ||
    request.background === true ||
    isSet(request.prompt_cache_options?.comparison_response_id) ||
    (Array.isArray(request.input) && request.input.some(isReference))
  );
}

/** The `type` of a reference may be left out; then it is the only item that has an id and nothing else. */
function isReference({ type, role, id }: Item): boolean {
  return type === 'item_reference' || (!isSet(type) && !isSet(role) && isSet(id));
}

function hasSideEffects(request: ResponsesRequest): boolean {
  return request.prompt_cache_options?.prewarm === true || (request.tools?.some(runsAtProvider) ?? false);
}

/** Tools that the caller runs are few; any other type, a new one too, is taken to run at the provider. */
function runsAtProvider({ type, execution, environment }: Tool): boolean {
  switch (type) {
    case 'function':
    case 'custom':
    case 'namespace':
    case 'local_shell':
    case 'apply_patch':
      return false;
    case 'shell':
      return isSet(environment) && !(typeof environment === 'object' && environment?.type === 'local');
    case 'tool_search':
      return execution !== 'client';
    default:
      return true;
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
