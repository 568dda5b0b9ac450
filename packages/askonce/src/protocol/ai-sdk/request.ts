/**
 * Reading the options of a call: their shape, and why the call may bypass the cache.
 */
import { z } from 'zod';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { BypassReason } from '../../observe/causes.ts';
import type { Reading, RequestLine } from '../contract.ts';
import { checkRequest, isGiven } from '../request-schema.ts';
import { builtInSideEffects } from '../side-effects/side-effects.ts';
import { userIn } from './provider-options.ts';

const part = z.looseObject({ type: z.string() });
const options = z.record(z.string(), z.looseObject({}));

/** Loose: versions of the SDK add fields. */
const requestSchema = z.looseObject({
  model: z.string().min(1).max(1024),
  stream: z.boolean().nullish(),
  prompt: z
    .array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(part)]) }))
    .max(100_000),
  maxOutputTokens: z.number().nullish(),
  tools: z.array(part).nullish(),
  providerOptions: options.nullish(),
  uncounted: options.nullish(),
});

type CallRequest = z.output<typeof requestSchema>;

/** Tools of providers that the caller runs. Any other, a new one included, is assumed to run at the provider. */
const callersTools =
  /^(?:function|custom|local_shell|apply_patch|computer|bash_\d+|text_editor_\d+|computer_\d+|memory_\d+|browser_toolset_\d+|computer_toolset_\d+)$/;

/** Options that name state at a provider, in the spelling of the SDK's providers. */
const stateful: readonly string[] = [
  'previousResponseId',
  'previousInteractionId',
  'conversation',
  'conversationId',
  'container',
  'thread',
  'sessionId',
];

export function readRequest(body: JsonObject, line: Partial<Pick<RequestLine, 'sideEffects'>> = {}): Reading {
  const request = checkRequest(requestSchema, body);
  return {
    subject: request.model,
    form: request.stream === true ? 'stream' : 'body',
    ceiling: request.maxOutputTokens ?? undefined,
    user: userIn(body['uncounted']),
    bypass: bypassOf(request, body, line),
  };
}

function bypassOf(
  { model, maxOutputTokens, providerOptions }: CallRequest,
  body: JsonObject,
  { sideEffects = builtInSideEffects }: Partial<Pick<RequestLine, 'sideEffects'>>,
): BypassReason | undefined {
  const given = Object.values(providerOptions ?? {});
  if (given.some((one) => stateful.some((name) => isGiven(one[name])))) return 'stateful';
  const acts =
    // Such a call only warms the provider's prompt cache.
    maxOutputTokens === 0 || sideEffects(asProviderBody(body), model, (type) => callersTools.test(type));
  return acts ? 'side-effects' : undefined;
}

/** The tools and options of a call as the providers' own APIs have them, by which the table knows what acts. */
function asProviderBody({ tools, providerOptions }: JsonObject): JsonObject {
  const body: Record<string, JsonValue | undefined> = {};
  for (const given of Object.values(isJsonObject(providerOptions) ? providerOptions : {})) {
    if (!isJsonObject(given)) continue;
    for (const [name, value] of Object.entries(given)) {
      body[name] = value;
      body[snakeCase(name)] = value;
    }
  }
  return { ...body, tools: Array.isArray(tools) ? tools.map(asProviderTool) : undefined };
}

/** `openai.web_search` is OpenAI's tool `web_search`. */
function asProviderTool(tool: JsonValue): JsonValue {
  if (!isJsonObject(tool) || tool['type'] !== 'provider') return tool;
  const { id } = tool;
  return { type: typeof id === 'string' ? id.slice(id.indexOf('.') + 1) : 'provider' };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
