/**
 * A row of the table of admin calls as an operation of the API's document.
 */
import type { ErrorCode } from 'askonce';
import { type AdminRoute, anyQuery, type JsonSchema, noBody } from '../route.ts';
import { bodyErrors, callErrors, type ErrorResponses } from './errors.ts';
import { type ParameterSchema, parameterSchemas, type Schemas } from './schemas.ts';

export interface Parts {
  readonly schemas: Schemas;
  readonly errors: ErrorResponses;
}

/** The subject of a call by the first segment of its path below `/cache/`; the rest are about the gateway's work. */
const tagOf: Readonly<Record<string, string>> = {
  invalidate: 'invalidation',
  users: 'invalidation',
  stats: 'figures',
  statistics: 'figures',
  analytics: 'figures',
  'top-queries': 'figures',
  metrics: 'figures',
  performance: 'figures',
  semantic: 'semantic',
  feedback: 'semantic',
  entries: 'entries',
  explain: 'entries',
  flags: 'operation',
  health: 'operation',
};

export const tags = [
  { name: 'figures', description: 'What was asked, hit, saved and spent.' },
  { name: 'entries', description: 'What is stored, and why it would be served.' },
  { name: 'invalidation', description: 'Which entries are served no more.' },
  { name: 'semantic', description: 'Answers to the same question in other words.' },
  { name: 'operation', description: 'The state of the gateway, and its work in the background.' },
  { name: 'probes', description: 'For load balancers and Prometheus.' },
];

export function operationOf(route: AdminRoute, parts: Parts): JsonSchema {
  const { schemas, errors } = parts;
  const hasBody = route.body !== noBody;
  const codes = [...callErrors, ...(hasBody ? bodyErrors : []), route.invalid, ...(route.errors ?? [])];
  const parameters = parametersOf(route, schemas);
  return {
    operationId: idOf(route),
    summary: route.summary,
    description: `Roles: ${route.roles.join(', ')}.`,
    tags: [tagIn(route)],
    security: [{ bearer: [] }],
    'x-roles': route.roles,
    ...(route.query === anyQuery && { 'x-query': 'ignored' }),
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && { requestBody: bodyOf(route, schemas) }),
    responses: { [route.status]: successOf(route, schemas), ...errors.of(unique(codes)) },
  };
}

function unique(codes: readonly ErrorCode[]): readonly ErrorCode[] {
  return [...new Set(codes)];
}

/** `getTopQueries`, `deleteUsersById` */
function idOf({ method, path }: Pick<AdminRoute, 'method' | 'path'>): string {
  const words = path
    .replace(/^\/cache\//, '')
    .replace(/\{(\w+)\}/g, 'by-$1')
    .split(/[^a-zA-Z0-9]+/);
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function tagIn({ method, path }: Pick<AdminRoute, 'method' | 'path'>): string {
  const [, , name = ''] = path.split('/');
  if (name === 'events') return method === 'POST' ? 'invalidation' : 'operation';
  return tagOf[name] ?? 'operation';
}

function parametersOf(route: AdminRoute, schemas: Schemas): readonly JsonSchema[] {
  const examples = route.example?.query ?? {};
  return parameterSchemas(schemas.input(route.query)).map((parameter) => {
    const example = examples[parameter.name];
    const isNumber = parameter.schema['type'] === 'integer';
    return {
      ...(route.path.includes(`{${parameter.name}}`) ? inPath(parameter) : inQuery(parameter)),
      ...(example !== undefined && { example: isNumber ? Number(example) : example }),
    };
  });
}

function inPath({ name, schema }: ParameterSchema): JsonSchema {
  return { name, in: 'path', required: true, schema };
}

function inQuery({ name, isRequired, isRepeated, mayBeEmpty, schema }: ParameterSchema): JsonSchema {
  const { description, ...rest } = schema;
  return {
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    required: isRequired,
    ...(mayBeEmpty && { allowEmptyValue: true }),
    ...(isRepeated && { style: 'form', explode: true }),
    schema: rest,
  };
}

function bodyOf({ body, example }: AdminRoute, schemas: Schemas): JsonSchema {
  return {
    required: !body.safeParse(undefined).success,
    content: {
      'application/json': {
        schema: schemas.input(body),
        ...(example?.body !== undefined && { example: example.body }),
      },
    },
  };
}

function successOf({ answer, streams }: AdminRoute, schemas: Schemas): JsonSchema {
  const schema = schemas.output(answer);
  const headers = ['X-Request-Id', 'Cache-Control'];
  return {
    description: streams ? 'Server-sent events; the data of each is one JSON value.' : 'Done.',
    headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: streams
      ? {
          'text/event-stream': {
            schema: { type: 'string', contentMediaType: 'application/json', contentSchema: schema },
          },
        }
      : { 'application/json': { schema } },
  };
}
