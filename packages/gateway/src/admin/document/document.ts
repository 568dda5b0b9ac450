/**
 * The document of the API (OpenAPI 3.1), made of the rows of admin calls and their schemas. It is loaded when it is asked for.
 */
import { packageVersion } from '../../metrics/version.ts';
import type { AdminRoute, JsonSchema } from '../route.ts';
import { errorResponses, errorSchema } from './errors.ts';
import { operationOf, type Parts, tags } from './operation.ts';
import { type Paths, publicPaths } from './public.ts';
import { schemas } from './schemas.ts';

const description = `Reads figures and entries, invalidates, and operates a gateway.

Admin calls need \`Authorization: Bearer KEY\`. They are served on the main port where that is on loopback, else at
\`adminListen\`. Bodies are \`application/json\` in UTF-8, 1 MiB at most and at most 512 levels deep.`;

const text = { type: 'string' };

/** Headers that several responses have. */
const headers: Readonly<Record<string, JsonSchema>> = {
  'X-Request-Id': { description: 'Id of the request; the log has it, too.', schema: text },
  'Cache-Control': { description: 'Answers are not stored.', schema: { const: 'no-store' } },
  'Retry-After': {
    description: 'Seconds after which the caller may try again.',
    schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
  },
  'WWW-Authenticate': { description: 'Present where a credential is missing or wrong.', schema: text },
  Allow: { description: 'Methods that the path has.', schema: text },
};

export interface ApiDocument extends JsonSchema {
  readonly openapi: string;
  readonly info: JsonSchema;
  readonly paths: Paths;
}

export function apiDocument(routes: readonly AdminRoute[]): ApiDocument {
  const parts: Parts = { schemas: schemas(), errors: errorResponses() };
  const paths = pathsOf(routes, parts);
  return {
    openapi: '3.1.1',
    info: {
      title: 'askonce gateway',
      version: packageVersion(),
      summary: 'The admin API of a gateway that asks a language model once.',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The gateway that serves this document.' }],
    tags,
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The admin key (`ASKONCE_ADMIN_KEY`).' },
      },
      headers,
      schemas: { Error: errorSchema, ...sorted(parts.schemas.components) },
      responses: sorted(parts.errors.components),
    },
  };
}

function pathsOf(routes: readonly AdminRoute[], parts: Parts): Paths {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, parts) };
  return sorted({ ...paths, ...publicPaths(parts) });
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
