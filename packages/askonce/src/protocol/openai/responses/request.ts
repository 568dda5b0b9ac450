/**
 * Reading a Responses request: its shape, and why it may bypass the cache.
 */
import { z } from 'zod';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import type { BypassReason } from '../../../observe/causes.ts';
import type { Reading, RequestLine } from '../../contract.ts';
import { checkRequest, isGiven } from '../../request-schema.ts';
import { builtInSideEffects } from '../../side-effects/side-effects.ts';
import { subjectOf } from '../requests.ts';
import { responseForm } from '../stream-options.ts';

const part = z.looseObject({ type: z.string() });
const contentError = 'expected a string or a list of content parts';
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
const inputError = 'expected a string or a list of input items';

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
type Item = z.output<typeof item>;

type Line = Partial<Pick<RequestLine, 'route' | 'sideEffects'>>;

export function readRequest(body: JsonObject, line: Line = {}): Reading {
  const request = checkRequest(requestSchema, body);
  const subject = subjectOf(request.model, line.route);
  return {
    subject,
    form: responseForm(request.stream, body['stream_options']),
    ceiling: request.max_output_tokens ?? undefined,
    user: request.user ?? request.safety_identifier ?? undefined,
    bypass: bypassOf(request, body, request.model ?? subject, line),
  };
}

function bypassOf(
  request: ResponsesRequest,
  body: JsonObject,
  model: string,
  { sideEffects }: Line,
): BypassReason | undefined {
  if (hasState(request)) return 'stateful';
  if (!model) return 'unrepresentable';
  const acts =
    request.prompt_cache_options?.prewarm === true ||
    (sideEffects ?? builtInSideEffects)(body, model, isCallersTool);
  return acts ? 'side-effects' : undefined;
}

/**
 * Whether the request uses state at the provider, which may change unseen: earlier responses, conversations, prompt
 * templates, items by reference, containers.
 */
function hasState(request: ResponsesRequest): boolean {
  return (
    isGiven(request['previous_response_id']) ||
    isGiven(request['conversation']) ||
    isGiven(request['prompt']) ||
    request.background === true ||
    isGiven(request.prompt_cache_options?.comparison_response_id) ||
    (Array.isArray(request.input) && request.input.some(isReference))
  );
}

/** A reference may omit its `type`; then it is an item that has only an id. */
function isReference({ type, role, id }: Item): boolean {
  return type === 'item_reference' || (!isGiven(type) && !isGiven(role) && isGiven(id));
}

function isCallersTool(type: string, { execution, environment, tools }: JsonObject): boolean {
  switch (type) {
    case 'function':
    case 'custom':
    case 'local_shell':
    case 'apply_patch':
      return true;
    case 'shell':
      return !isGiven(environment) || (isJsonObject(environment) && environment['type'] === 'local');
    case 'namespace':
      return !isJsonArray(tools) || tools.every(isFunction);
    case 'tool_search':
      return execution === 'client';
    default:
      return false;
  }
}

/** What a namespace may hold. */
function isFunction(tool: JsonValue): boolean {
  return isJsonObject(tool) && (tool['type'] === 'function' || tool['type'] === 'custom');
}
