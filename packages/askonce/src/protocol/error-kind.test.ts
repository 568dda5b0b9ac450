import { describe, expect, it } from 'vitest';
import type { ErrorKind } from './error-kind.ts';
import { protocols } from './protocols.ts';

type Row = readonly [what: string, status: number, error: unknown, kind: ErrorKind];

const openai = (message: string, type: string | null, code: string | number | null = null) => ({
  error: { message, type, param: null, code },
});
const anthropic = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
});

const quota =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.';
const perMinute =
  'Rate limit reached for gpt-4o in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more. You can increase your rate limit by adding a payment method to your account at https://platform.openai.com/account/billing.';

const openaiRows: readonly Row[] = [
  [
    'a field that is wrong',
    400,
    openai("Invalid type for 'messages'", 'invalid_request_error', 'invalid_type'),
    'deterministic',
  ],
  [
    'a context that is too long',
    400,
    openai(
      "This model's maximum context length is 8192 tokens",
      'invalid_request_error',
      'context_length_exceeded',
    ),
    'deterministic',
  ],
  ['a body that is too large', 413, '<html>413 Request Entity Too Large</html>', 'deterministic'],
  [
    'a validation error without a code',
    422,
    { detail: [{ loc: ['body', 'n'], msg: 'field required' }] },
    'deterministic',
  ],
  [
    'a wrong key',
    401,
    openai('Incorrect API key provided: sk-1', 'invalid_request_error', 'invalid_api_key'),
    'account',
  ],
  [
    'an account that was closed',
    401,
    openai('Your account was deactivated', 'invalid_request_error', 'account_deactivated'),
    'account',
  ],
  [
    'a country that is not served',
    403,
    openai('Country not supported', 'request_forbidden', 'unsupported_country_region_territory'),
    'account',
  ],
  ['a quota that is used up', 429, openai(quota, 'insufficient_quota', 'insufficient_quota'), 'account'],
  ['a quota that is used up, by its type alone', 429, openai('No.', 'insufficient_quota'), 'account'],
  ['a quota that is used up, by its words alone', 429, openai(quota, null), 'account'],
  [
    'an account that is not active',
    429,
    openai(
      'Your account is not active, please check your billing details on our website.',
      'billing_not_active',
      'billing_not_active',
    ),
    'account',
  ],
  [
    'a hard limit on billing',
    400,
    openai('Billing hard limit has been reached', 'invalid_request_error', 'billing_hard_limit_reached'),
    'account',
  ],
  [
    'an organization that is not verified',
    400,
    openai(
      'Your organization must be verified to stream this model.',
      'invalid_request_error',
      'unsupported_value',
    ),
    'account',
  ],
  [
    'a model without access to it',
    404,
    openai(
      'The model `gpt-9` does not exist or you do not have access to it.',
      'invalid_request_error',
      'model_not_found',
    ),
    'account',
  ],
  [
    'a deployment that is not there yet',
    404,
    openai('The API deployment for this resource does not exist.', null, 'DeploymentNotFound'),
    'account',
  ],
  ['OpenRouter without credits', 402, openai('Insufficient credits', null, 402), 'account'],
  [
    "xAI's wrong key",
    400,
    { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: x' },
    'account',
  ],
  [
    "Google's wrong key",
    400,
    [
      {
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
        },
      },
    ],
    'account',
  ],
  ['a limit on requests', 429, openai(perMinute, 'requests', 'rate_limit_exceeded'), 'overload'],
  ['a limit without a word', 429, '', 'overload'],
  [
    'an engine that is overloaded',
    503,
    openai('That model is currently overloaded', 'server_error'),
    'transient',
  ],
  ['a service that is not there', 503, 'no healthy upstream', 'overload'],
  [
    'a request beyond the tokens of a minute',
    429,
    openai(
      'Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 90000.',
      'tokens',
      'rate_limit_exceeded',
    ),
    'transient',
  ],
  ["Groq's limit on tokens", 413, openai('Request too large', 'tokens', 'rate_limit_exceeded'), 'overload'],
  ['an error of the server', 500, openai('The server had an error', 'server_error'), 'transient'],
  ['an error of the server under 400', 400, openai('Something went wrong', 'server_error'), 'transient'],
  [
    'an image that could not be fetched',
    400,
    openai('Timeout while downloading https://x.test/a.png', 'invalid_request_error', 'invalid_image_url'),
    'transient',
  ],
  ['a time-out', 408, '', 'transient'],
  ['a conflict', 409, openai('Conflict', null), 'transient'],
  ['too early', 425, '', 'transient'],
  ['a gateway that is bad', 502, '<html>', 'transient'],
  ['an unknown status', 418, '', 'transient'],
];

const anthropicRows: readonly Row[] = [
  [
    'a field that is wrong',
    400,
    anthropic('invalid_request_error', 'max_tokens: must be greater than or equal to 1'),
    'deterministic',
  ],
  [
    'a prompt that is too long',
    400,
    anthropic('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
    'deterministic',
  ],
  [
    'a request that is too large',
    413,
    anthropic('request_too_large', 'Request exceeds the maximum allowed number of bytes'),
    'deterministic',
  ],
  [
    'credit that is used up',
    400,
    anthropic(
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
    'account',
  ],
  [
    'a limit on spending',
    400,
    anthropic(
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
    ),
    'account',
  ],
  [
    'an organization that was disabled',
    400,
    anthropic('invalid_request_error', 'This organization has been disabled.'),
    'account',
  ],
  ['billing', 402, anthropic('billing_error', 'There is an issue with your billing'), 'account'],
  ['billing under another status', 400, anthropic('billing_error', 'No.'), 'account'],
  ['a wrong key', 401, anthropic('authentication_error', 'invalid x-api-key'), 'account'],
  ['no permission', 403, anthropic('permission_error', 'Your API key does not have permission'), 'account'],
  ['a model that is not there', 404, anthropic('not_found_error', 'model: claude-9'), 'account'],
  [
    'a limit on tokens',
    429,
    anthropic(
      'rate_limit_error',
      'This request would exceed your organization’s rate limit of 40,000 input tokens per minute',
    ),
    'overload',
  ],
  ['overload', 529, anthropic('overloaded_error', 'Overloaded'), 'overload'],
  ['an error of the server', 500, anthropic('api_error', 'Internal server error'), 'transient'],
  ['a time-out', 504, anthropic('timeout_error', 'Request timed out'), 'transient'],
  ['a conflict', 409, anthropic('conflict_error', 'Conflict'), 'transient'],
  [
    'a file that could not be fetched',
    400,
    anthropic('invalid_request_error', 'Unable to download the file. Please verify the URL and try again.'),
    'transient',
  ],
];

const bytes = (error: unknown) => Buffer.from(typeof error === 'string' ? error : JSON.stringify(error));

describe.each(['openai-chat', 'openai-completions', 'openai-embeddings', 'openai-responses'] as const)(
  'errors of %s',
  (name) => {
    it.each(openaiRows)('an OpenAI error has its kind: %s', (_what, status, error, kind) => {
      expect(protocols[name].errorKind?.({ status, headers: {}, body: bytes(error) })).toBe(kind);
    });
  },
);

describe('errors of anthropic-messages', () => {
  it.each(anthropicRows)('an Anthropic error has its kind: %s', (_what, status, error, kind) => {
    expect(protocols['anthropic-messages'].errorKind?.({ status, headers: {}, body: bytes(error) })).toBe(
      kind,
    );
  });
});

describe('errors of any protocol', () => {
  const judge = protocols['openai-chat'].errorKind;

  it('an error that the provider says to retry is transient', () => {
    const body = bytes(openai('No', 'invalid_request_error'));
    expect(judge?.({ status: 400, headers: { 'x-should-retry': 'true' }, body })).toBe('transient');
    expect(judge?.({ status: 400, headers: { 'x-should-retry': 'false' }, body })).toBe('deterministic');
  });

  it.each([
    ['nothing', ''],
    ['null', 'null'],
    ['a list of nothing', '[]'],
    ['a number', '{"error":1}'],
    ['words that are no words', '{"error":{"code":{},"type":[],"message":{"a":1}}}'],
    ['a name of every object', '{"error":{"code":"constructor","type":"__proto__"}}'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
    ['JSON without an end', '{"error":'],
    ['what nests without an end', '['.repeat(50_000)],
  ])('an error with %s as its body is judged by its status', (_what, body) => {
    expect(judge?.({ status: 400, headers: {}, body: Buffer.from(body) })).toBe('deterministic');
    expect(judge?.({ status: 500, headers: {}, body: Buffer.from(body) })).toBe('transient');
  });

  it('an error body above 64 KiB is not read', () => {
    const body = bytes(openai(`${'x'.repeat(70_000)} credit balance`, null));
    expect(judge?.({ status: 400, headers: {}, body })).toBe('deterministic');
  });

  it('errors of functions have no kind, so that none is remembered', () => {
    expect(protocols.function.errorKind).toBeUndefined();
  });
});
