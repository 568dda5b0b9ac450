/**
 * The routes whose answers are kept; everything else below /v1/ passes through.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { BuiltInProtocolName } from 'askonce';
import type { Family } from '../settings/providers.ts';

export interface CachedRoute {
  /** As the client asks for it. */
  readonly path: string;
  readonly protocol: BuiltInProtocolName;
  readonly family: Family;
  /** Below the upstream's base path. */
  readonly route: string;
}

export const cachedRoutes: readonly CachedRoute[] = [
  { path: '/v1/chat/completions', protocol: 'openai-chat', family: 'openai', route: '/chat/completions' },
  { path: '/v1/completions', protocol: 'openai-completions', family: 'openai', route: '/completions' },
  { path: '/v1/embeddings', protocol: 'openai-embeddings', family: 'openai', route: '/embeddings' },
  { path: '/v1/responses', protocol: 'openai-responses', family: 'openai', route: '/responses' },
  { path: '/v1/messages', protocol: 'anthropic-messages', family: 'anthropic', route: '/v1/messages' },
];

/** The protocol in whose shape an error is told where no cached route says so. */
export const spokenBy: Readonly<Record<Family, BuiltInProtocolName>> = {
  openai: 'openai-chat',
  anthropic: 'anthropic-messages',
};

/** Which provider a request is for that no cached route names: by its path, else by what only one's clients send. */
export function familyOf(url: string, headers: IncomingHttpHeaders): Family {
  if (/^\/v1\/(?:messages|complete)(?:[/?]|$)/.test(url)) return 'anthropic';
  const speaks = headers['anthropic-version'] !== undefined || headers['x-api-key'] !== undefined;
  return speaks && !isCachedOpenAi(url) ? 'anthropic' : 'openai';
}

/** The protocol whose shape an error to this request takes. */
export function spokenProtocol(url: string, headers: IncomingHttpHeaders): BuiltInProtocolName {
  return spokenBy[familyOf(url, headers)];
}

/** The path below the base path of the family's upstream: OpenAI's base path holds the `/v1` already. */
export function passedTarget(family: Family, url: string): string {
  return family === 'openai' ? url.slice('/v1'.length) : url;
}

function isCachedOpenAi(url: string): boolean {
  const [path] = url.split('?', 1);
  return cachedRoutes.some((route) => route.family === 'openai' && route.path === path);
}
