/**
 * Names of the providers behind models of the AI SDK: `ai-sdk:openai.chat@https://api.openai.com/v1`.
 */
const prefix = 'ai-sdk:';

/** @param id the provider's id in the SDK @param address its base URL, or the application's name for it; '' if neither is known */
export function upstreamNamed(id: string, address: string): string {
  return `${prefix}${id}${address === '' ? '' : `@${address}`}`;
}

/** The base URL of an upstream: that behind a model of the SDK, and any other as it is. */
export function addressIn(upstream: string): string {
  return upstream.replace(/^ai-sdk:[^@]*@/, '');
}

/** The name of the SDK's provider, without that of its API: `openai`. Undefined for an upstream of any other kind. */
export function sdkProviderIn(upstream: string): string | undefined {
  return upstream.startsWith(prefix) ? upstream.slice(prefix.length).split(/[.@]/, 1)[0] : undefined;
}
