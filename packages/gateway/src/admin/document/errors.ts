/**
 * The errors that a call can answer with, by status, as responses of the API's document.
 */
import { type ErrorCode, errorCodes } from 'askonce';
import type { JsonSchema } from '../route.ts';

/** What any call of the gateway can answer with, before its route is known. */
export const admissionErrors: readonly ErrorCode[] = [
  'invalid_request',
  'invalid_path',
  'host_refused',
  'cross_site_refused',
  'request_timeout',
  'shutting_down',
  'internal',
];

/** What any admin call can answer with. */
export const callErrors: readonly ErrorCode[] = [
  ...admissionErrors,
  'admin_unauthorized',
  'admin_forbidden',
  'admin_limited',
  'admin_unavailable',
  'route_unknown',
  'method_not_allowed',
  'closed',
];

/** What a call with a body can answer with. */
export const bodyErrors: readonly ErrorCode[] = [
  'invalid_json',
  'request_too_deep',
  'body_too_large',
  'unsupported_media_type',
];

/** Headers that an error of a status has besides those of every answer. */
const headersOf: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  405: ['Allow'],
  429: ['Retry-After'],
};

export interface ErrorResponses {
  /** References to the responses of an operation, by status. */
  of(codes: readonly ErrorCode[]): Readonly<Record<string, JsonSchema>>;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

export function errorResponses(): ErrorResponses {
  const components: Record<string, JsonSchema> = {};

  function referenceTo(status: number, codes: readonly ErrorCode[]): JsonSchema {
    // Headers beyond the limit are refused before anything else is known.
    const name = status === 431 ? 'headers_too_large' : codes.toSorted().join('.');
    components[name] ??= responseOf(status, codes.toSorted());
    return { $ref: `#/components/responses/${name}` };
  }

  return {
    of(codes) {
      const statuses = new Map<number, Set<ErrorCode>>([[431, new Set(['invalid_request'] as const)]]);
      for (const code of codes) {
        const { status } = errorCodes[code];
        statuses.set(status, (statuses.get(status) ?? new Set()).add(code));
      }
      const sorted = Array.from(statuses).toSorted(([one], [other]) => one - other);
      return Object.fromEntries(sorted.map(([status, some]) => [status, referenceTo(status, [...some])]));
    },
    components,
  };
}

function responseOf(status: number, codes: readonly ErrorCode[]): JsonSchema {
  const lines = codes.map((code) => `- \`${code}\`: ${status === 431 ? tooLarge : errorCodes[code].about}`);
  const names = ['X-Request-Id', ...(headersOf[status] ?? [])];
  return {
    description: lines.join('\n'),
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: {
      'application/json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Error' },
            {
              type: 'object',
              properties: { error: { type: 'object', properties: { code: { enum: codes } } } },
            },
          ],
        },
      },
    },
  };
}

const tooLarge = 'The request headers are over the limit (`maxHeaderBytes`).';

/** The body of every error. */
export const errorSchema: JsonSchema = {
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      additionalProperties: false,
      properties: {
        code: { type: 'string', description: 'Stays the same from release to release; programs compare it.' },
        message: { type: 'string', description: 'What happened, then what to do. For people.' },
        type: { type: 'string', description: 'Only of a request that is refused before it is routed.' },
        param: { type: 'null', description: 'Only of a request that is refused before it is routed.' },
      },
    },
  },
};
