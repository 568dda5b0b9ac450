/**
 * The calls of the API's document that are no admin calls: feedback, answers by their keys, metrics, and the state for load balancers.
 */
import type { JsonSchema } from '../route.ts';
import { feedback } from '../verdict.ts';
import { admissionErrors, bodyErrors } from './errors.ts';
import type { Parts } from './operation.ts';

/** Operations by path and method. */
export type Paths = Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;

export function publicPaths(parts: Parts): Paths {
  return {
    '/cache/feedback': { post: feedbackOperation(parts) },
    '/cache/stream/{key}': { get: subscriptionOperation(parts) },
    '/metrics': { get: metricsOperation(parts) },
    '/healthz': {
      get: probeOperation(parts, {
        operationId: 'getHealthz',
        summary: 'Report whether the gateway is alive.',
        running: 'ok',
        draining: 'shutting down',
      }),
    },
    '/readyz': {
      get: probeOperation(parts, {
        operationId: 'getReadyz',
        summary: 'Report whether requests may be sent to the gateway.',
        running: 'ready',
        draining: 'not ready',
      }),
    },
  };
}

const headers = {
  'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
  'Cache-Control': { $ref: '#/components/headers/Cache-Control' },
};

function feedbackOperation({ schemas, errors }: Parts): JsonSchema {
  return {
    operationId: 'postFeedback',
    summary: 'Judge a semantic hit.',
    description:
      'On the main port, wherever that listens. The caller is the client: it sends the credential headers of the request that got the hit. On loopback, and at `adminListen`, the admin key speaks for every credential.',
    tags: ['semantic'],
    security: [{ bearer: [] }, {}],
    // Of callers with a key; the client that got the hit needs none.
    'x-roles': ['operator', 'admin'],
    'x-query': 'ignored',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: schemas.input(feedback),
          example: { match: 'AAECAwQFBgcICQoLDA0ODw', verdict: 'wrong' },
        },
      },
    },
    responses: {
      200: {
        description: 'Taken.',
        headers,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['blocked'],
              additionalProperties: false,
              properties: {
                blocked: {
                  type: 'boolean',
                  description:
                    'Whether the stored answer is blocked from now on as the answer to other questions.',
                },
              },
            },
          },
        },
      },
      ...errors.of([
        ...admissionErrors,
        ...bodyErrors,
        'invalid_feedback',
        'feedback_unauthorized',
        'feedback_forbidden',
        'match_unknown',
        'method_not_allowed',
        'feedback_limited',
        'feedback_failed',
        'admin_forbidden',
        'closed',
      ]),
    },
  };
}

function subscriptionOperation({ errors }: Parts): JsonSchema {
  const stream = {
    type: 'string',
    description: 'The stream of the provider, with an id for each event.',
  };
  return {
    operationId: 'getStreamByKey',
    summary: 'Read an answer by its key, from its flight or its entry.',
    description:
      'On the main port, wherever that listens. The caller is the client: it sends the credential headers and the `Askonce-*` headers of the request that had the key. No admin key has an effect.',
    tags: ['entries'],
    security: [{ bearer: [] }, {}],
    'x-query': 'ignored',
    parameters: [
      {
        name: 'key',
        in: 'path',
        required: true,
        description: 'The `Askonce-Key` of a reply.',
        schema: { type: 'string', maxLength: 512 },
      },
      {
        name: 'Last-Event-ID',
        in: 'header',
        required: false,
        description: 'The id of the last event that the client saw: the stream continues after it.',
        schema: { type: 'string', maxLength: 256 },
      },
    ],
    responses: {
      200: {
        description: 'The answer, live or replayed; one that cannot be made a stream is served as it is.',
        headers,
        content: { 'text/event-stream': { schema: stream }, 'application/json': { schema: {} } },
      },
      ...errors.of([
        ...admissionErrors,
        'entry_unknown',
        'method_not_allowed',
        'stream_limited',
        'provider_broke_off',
        'closed',
      ]),
    },
  };
}

function metricsOperation({ errors }: Parts): JsonSchema {
  const text = { schema: { type: 'string' } };
  return {
    operationId: 'scrapeMetrics',
    summary: 'Scrape the metrics, for Prometheus.',
    description:
      'The text format of Prometheus, or OpenMetrics if `Accept` prefers it. The admin key is needed only with `ASKONCE_METRICS=key`.',
    tags: ['probes'],
    security: [{ bearer: [] }, {}],
    responses: {
      200: {
        description: 'The metrics.',
        headers,
        content: { 'text/plain': text, 'application/openmetrics-text': text },
      },
      ...errors.of([
        ...admissionErrors,
        'admin_unauthorized',
        'admin_limited',
        'route_unknown',
        'method_not_allowed',
      ]),
    },
  };
}

interface Probe {
  readonly operationId: string;
  readonly summary: string;
  /** The state while it takes requests, and while it shuts down. */
  readonly running: string;
  readonly draining: string;
}

function probeOperation({ errors }: Parts, { running, draining, ...named }: Probe): JsonSchema {
  const state = (status: string) => ({
    headers: { 'Cache-Control': headers['Cache-Control'] },
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['status'],
          additionalProperties: false,
          properties: { status: { const: status } },
        },
      },
    },
  });
  return {
    ...named,
    tags: ['probes'],
    security: [],
    responses: {
      200: { description: 'It takes requests.', ...state(running) },
      ...errors.of(admissionErrors.filter((code) => code !== 'shutting_down')),
      503: { description: 'It shuts down.', ...state(draining) },
    },
  };
}
