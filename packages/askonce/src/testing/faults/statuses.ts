/**
 * Faults that are reported properly: errors with their status, redirects, and headers that must not be forwarded.
 */
import { errorBody, familyOf, wholeBody } from './answers.ts';
import type { FaultAct, FaultCall } from './wire.ts';

/** The error type that each family has for a status. */
const types = {
  400: { openai: 'invalid_request_error', anthropic: 'invalid_request_error' },
  401: { openai: 'invalid_api_key', anthropic: 'authentication_error' },
  403: { openai: 'permission_denied', anthropic: 'permission_error' },
  404: { openai: 'model_not_found', anthropic: 'not_found_error' },
  429: { openai: 'rate_limit_exceeded', anthropic: 'rate_limit_error' },
  500: { openai: 'server_error', anthropic: 'api_error' },
  503: { openai: 'server_error', anthropic: 'api_error' },
  529: { openai: 'server_error', anthropic: 'overloaded_error' },
} as const;

export const statusFaults = {
  'status-400': failing(400),
  'status-401': failing(401),
  'status-403': failing(403),
  'status-404': failing(404),
  'status-500': failing(500),
  'status-503': failing(503),
  'status-529': failing(529),
  /** 429 with `retry-after: 7`. RFC 9110, section 10.2.3. */
  '429-seconds': failing(429, () => ({ 'retry-after': '7', ...rateLimits })),
  /** 429 with a `retry-after` that is a date, 30 s from now. */
  '429-date': failing(429, ({ now }) => ({
    'retry-after': new Date(now + 30_000).toUTCString(),
    ...rateLimits,
  })),
  'redirect-301': redirecting(301),
  'redirect-302': redirecting(302),
  'redirect-307': redirecting(307),
  'redirect-308': redirecting(308),
  /** A complete answer with two cookies. */
  'set-cookie': whole({
    'set-cookie': ['session=provider; Path=/; HttpOnly', '__cf_bm=provider; Path=/; Secure'],
  }),
  /** A complete answer with headers for this connection only, one of them named by `connection`. RFC 9110, section 7.6.1. */
  'hop-by-hop': whole({
    connection: 'keep-alive, x-this-hop',
    'keep-alive': 'timeout=60',
    'proxy-authenticate': 'Basic realm="provider"',
    'proxy-connection': 'keep-alive',
    'x-this-hop': 'only',
    'x-every-hop': 'too',
  }),
} as const satisfies Record<string, FaultAct>;

const rateLimits = {
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-reset-requests': '7s',
  'anthropic-ratelimit-requests-limit': '500',
  'anthropic-ratelimit-requests-remaining': '0',
} as const;

type Headers = Readonly<Record<string, string | string[]>>;

function failing(status: keyof typeof types, headers: (call: FaultCall) => Headers = () => ({})): FaultAct {
  return async (call) => {
    const body = errorBody(
      call.request,
      types[status][familyOf(call.request)],
      `This is a simulated ${status}.`,
    );
    answer(call, status, body, headers(call));
  };
}

function redirecting(status: 301 | 302 | 307 | 308): FaultAct {
  return async (call) => answer(call, status, '', { location: `${call.redirectTo}${call.request.path}` });
}

function whole(headers: Headers): FaultAct {
  return async (call) => answer(call, 200, wholeBody(call.request), headers);
}

function answer({ response }: FaultCall, status: number, body: string, headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-request-id': 'req_fault',
  });
  response.end(body);
}
