/**
 * Names and values by OpenTelemetry's semantic conventions for generative AI, and askonce's own where they have none. A
 * test compares the names with the conventions' package.
 */
import type { Attributes } from '@opentelemetry/api';
import type { RequestFacts } from '../../observe/events.ts';
import { addressIn, sdkProviderIn } from '../../protocol/ai-sdk/upstream.ts';

/** What a protocol's calls are in the conventions; a protocol that is not here has no such operation. */
const operations: Readonly<Record<string, string>> = {
  'openai-chat': 'chat',
  'openai-completions': 'text_completion',
  'openai-embeddings': 'embeddings',
  'openai-responses': 'chat',
  'anthropic-messages': 'chat',
  'ai-sdk': 'chat',
  'ai-sdk-embeddings': 'embeddings',
};

const openaiTypes: Readonly<Record<string, string>> = {
  'openai-chat': 'chat_completions',
  'openai-responses': 'responses',
};

/** Providers by the end of their host's name; OpenAI's protocol is spoken by many. */
const providers: readonly (readonly [hosts: RegExp, name: string])[] = [
  [/(?:^|\.)azure\.com$|(?:^|\.)azure-api\.net$/, 'azure.ai.openai'],
  [/(?:^|\.)deepseek\.com$/, 'deepseek'],
  [/(?:^|\.)groq\.com$/, 'groq'],
  [/(?:^|\.)mistral\.ai$/, 'mistral_ai'],
  [/(?:^|\.)x\.ai$/, 'x_ai'],
  [/(?:^|\.)perplexity\.ai$/, 'perplexity'],
  [/(?:^|\.)cohere\.(?:com|ai)$/, 'cohere'],
  [/^generativelanguage\.googleapis\.com$/, 'gcp.gemini'],
  [/(?:^|-)aiplatform\.googleapis\.com$/, 'gcp.vertex_ai'],
  [/^bedrock[a-z-]*\.[a-z0-9-]+\.amazonaws\.com$/, 'aws.bedrock'],
  [/(?:^|\.)ml\.cloud\.ibm\.com$/, 'ibm.watsonx.ai'],
];

/** Provider ids of the AI SDK whose names by the conventions are others. */
const sdkProviders: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  'amazon-bedrock': 'aws.bedrock',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
};

type Called = Pick<RequestFacts, 'protocol' | 'provider'>;

export function operationOf({ protocol }: Pick<Called, 'protocol'>): string | undefined {
  return operations[protocol];
}

/** `chat gpt-4o`, or the operation alone if the model is not known (the conventions' own rule). */
export function spanName(called: Pick<RequestFacts, 'protocol' | 'subject'>): string {
  const operation = operationOf(called) ?? 'call';
  return called.subject === '' ? operation : `${operation} ${called.subject}`;
}

/** What is known of a call before it is made. */
export function calledAttributes(
  called: Pick<RequestFacts, 'protocol' | 'provider' | 'subject'>,
): Attributes {
  const operation = operationOf(called);
  if (operation === undefined) return { 'askonce.protocol': called.protocol, ...serverOf(called.provider) };
  const provider = providerName(called);
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    ...(called.subject === '' ? {} : { 'gen_ai.request.model': called.subject }),
    ...(provider === 'openai' ? { 'openai.api.type': openaiTypes[called.protocol] } : {}),
    ...serverOf(called.provider),
  };
}

function providerName({ protocol, provider }: Called): string {
  const host = urlOf(provider)?.hostname ?? '';
  const known = providers.find(([hosts]) => hosts.test(host));
  if (known !== undefined) return known[1];
  const named = sdkProviderIn(provider);
  if (named !== undefined)
    return (Object.hasOwn(sdkProviders, named) ? sdkProviders[named] : undefined) ?? named;
  return protocol.startsWith('anthropic') ? 'anthropic' : 'openai';
}

/** The address of a provider's base URL; nothing for what has none, such as a function. */
function serverOf(base: string): Attributes {
  const url = urlOf(base);
  if (url === undefined || url.hostname === '') return {};
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  return { 'server.address': url.hostname.replace(/^\[(.*)\]$/, '$1'), 'server.port': port };
}

function urlOf(base: string): URL | undefined {
  const address = addressIn(base);
  return URL.canParse(address) ? new URL(address) : undefined;
}
