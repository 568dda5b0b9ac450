/**
 * The differences between OpenAI and Anthropic around a call: credentials, headers, the shape of errors.
 */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import type { SeenRequest } from '../loopback.ts';
import { Refusal } from './answer.ts';

export type Family = 'openai' | 'anthropic';

/** By the path; if both have the path, by the headers that only Anthropic's clients send. */
export function familyOf({ path, headers }: SeenRequest): Family {
  if (path.startsWith('/v1/messages')) return 'anthropic';
  if (!path.startsWith('/v1/models')) return 'openai';
  return headers['anthropic-version'] === undefined && headers['x-api-key'] === undefined
    ? 'openai'
    : 'anthropic';
}

/**
 * Admits a call with an accepted key.
 *
 * @throws {Refusal} status 401; for Anthropic 400 without `anthropic-version`
 */
export function admit(family: Family, { headers }: SeenRequest, accept: (key: string) => boolean): void {
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
  const key = headers[family === 'anthropic' ? 'x-api-key' : 'api-key'] ?? bearer;
  if (key === undefined || key === '') {
    const missing = { openai: 'You didn’t provide an API key.', anthropic: 'x-api-key header is required' };
    throw new Refusal(401, missing[family]);
  }
  if (!accept(key)) {
    const refused = { openai: 'Incorrect API key provided.', anthropic: 'invalid x-api-key' };
    throw new Refusal(401, refused[family], { code: 'invalid_api_key' });
  }
  if (family === 'anthropic' && headers['anthropic-version'] === undefined) {
    throw new Refusal(400, 'anthropic-version: header is required');
  }
}

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
};

export function errorBody(
  family: Family,
  { status, message, param, code }: Refusal,
  requestId: string,
): JsonObject {
  if (family === 'openai') return { error: { message, type: 'invalid_request_error', param, code } };
  const type = anthropicTypes[status] ?? 'api_error';
  return { type: 'error', error: { type, message }, request_id: requestId };
}

const limits = { requests: 10_000, tokens: 2_000_000 } as const;

export interface HeaderFacts {
  readonly requestId: string;
  /** The model's time for the answer, in whole milliseconds. */
  readonly processingMs: number;
  /** Wall time in ms since the epoch. */
  readonly now: number;
  /** The number of calls that were admitted before. */
  readonly calls: number;
}

export function freshRequestId(): string {
  return `req_${randomBytes(16).toString('hex')}`;
}

export function familyHeaders(
  family: Family,
  { requestId, processingMs, now, calls }: HeaderFacts,
): Record<string, string> {
  const requestsLeft = String(limits.requests - 1 - (calls % limits.requests));
  const tokensLeft = String(limits.tokens - 1 - ((calls * 97) % limits.tokens));
  const common = { 'x-simulated-provider': 'askonce' };
  if (family === 'openai') {
    return {
      ...common,
      'x-request-id': requestId,
      'openai-version': '2020-10-01',
      'openai-organization': 'org-simulated',
      'openai-processing-ms': String(processingMs),
      'x-ratelimit-limit-requests': String(limits.requests),
      'x-ratelimit-limit-tokens': String(limits.tokens),
      'x-ratelimit-remaining-requests': requestsLeft,
      'x-ratelimit-remaining-tokens': tokensLeft,
      'x-ratelimit-reset-requests': '6ms',
      'x-ratelimit-reset-tokens': '1ms',
    };
  }
  const reset = `${new Date(now + 1_000).toISOString().slice(0, 19)}Z`;
  return {
    ...common,
    'request-id': requestId,
    'anthropic-organization-id': 'org-simulated',
    'anthropic-ratelimit-requests-limit': String(limits.requests),
    'anthropic-ratelimit-requests-remaining': requestsLeft,
    'anthropic-ratelimit-requests-reset': reset,
    'anthropic-ratelimit-tokens-limit': String(limits.tokens),
    'anthropic-ratelimit-tokens-remaining': tokensLeft,
    'anthropic-ratelimit-tokens-reset': reset,
  };
}
