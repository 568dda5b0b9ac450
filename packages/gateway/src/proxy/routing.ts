/**
 * The provider family and the path of requests that no cached route takes.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { cachedRoutes, type ProviderFamily, type ProviderProtocolName } from 'askonce/gateway-kit';
import { usualProtocol } from '../settings/providers.ts';

/** The family of a request that no cached route takes: by its path, else by headers that only one family's clients send. */
export function familyOf(url: string, headers: IncomingHttpHeaders): ProviderFamily {
  if (url.startsWith('/openai/')) return 'azure';
  if (/^\/v1\/(?:messages|complete)(?:[/?]|$)/.test(url)) return 'anthropic';
  const isAnthropic = headers['anthropic-version'] !== undefined || headers['x-api-key'] !== undefined;
  return isAnthropic && !isCachedOpenAi(url) ? 'anthropic' : 'openai';
}

/** The protocol that shapes an error to this request. */
export function errorProtocol(url: string, headers: IncomingHttpHeaders): ProviderProtocolName {
  return usualProtocol[familyOf(url, headers)];
}

/** The path below the base path of the family's upstream: only OpenAI's base path already holds the `/v1`. */
export function passedTarget(family: ProviderFamily, url: string): string {
  return family === 'openai' ? url.slice('/v1'.length) : url;
}

function isCachedOpenAi(url: string): boolean {
  const [path] = url.split('?', 1);
  return cachedRoutes.some((route) => route.family === 'openai' && route.path === path);
}
