/**
 * The API's document as a test reads it: its operations, and checks that an answer is one that it declares. Nothing else is
 * known of the gateway.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { z } from 'zod';
import { root, type ShownCall } from './pages.ts';

const anything = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.looseObject({ schema: anything }));
const response = z.union([z.strictObject({ $ref: z.string() }), z.looseObject({ content })]);

const parameter = z.looseObject({
  name: z.string(),
  in: z.enum(['query', 'path', 'header']),
  required: z.boolean(),
  schema: anything,
  example: z.union([z.string(), z.number(), z.array(z.string())]).optional(),
});

const operation = z.looseObject({
  operationId: z.string(),
  security: z.array(anything),
  'x-roles': z.array(z.enum(['viewer', 'operator', 'admin'])).optional(),
  'x-query': z.literal('ignored').optional(),
  parameters: z.array(parameter).default([]),
  requestBody: z
    .looseObject({
      required: z.boolean(),
      content: z.strictObject({
        'application/json': z.looseObject({ schema: anything, example: z.unknown().optional() }),
      }),
    })
    .optional(),
  responses: z.record(z.string(), response),
});

const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.enum(['get', 'post', 'put', 'delete']), operation.optional())),
});

export type Parameter = z.output<typeof parameter>;

export interface Operation extends z.output<typeof operation> {
  readonly method: string;
  readonly path: string;
  /** `GET /cache/stats` */
  readonly name: string;
}

/** The gateway's answer to a call. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly requestId: string | null;
  /** Undefined if it is not JSON. */
  readonly body: unknown;
}

const text: unknown = parse(readFileSync(join(root, 'docs/reference/cache-api.yaml'), 'utf8'));
const document = documentSchema.parse(text);

export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, one]) => {
    if (one === undefined) return [];
    const name = `${method.toUpperCase()} ${path}`;
    return [{ ...one, method: method.toUpperCase(), path, name }];
  }),
);

/** The operation that a call is of. */
export function operationAt({ method, target }: ShownCall): Operation | undefined {
  const [path = ''] = target.split('?');
  const ofMethod = operations.filter((one) => one.method === method);
  const fits = (one: Operation) =>
    one.path.includes('{') && path.startsWith(one.path.slice(0, one.path.indexOf('{')));
  return ofMethod.find((one) => one.path === path) ?? ofMethod.find(fits);
}

const ajv = new Ajv2020({ strict: false, allErrors: false });
formats.default(ajv);
ajv.addSchema(anything.parse(text), 'api');

const pointer = (...steps: readonly string[]) =>
  steps.map((step) => `/${encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

/** Why a value does not match the schema at a place of the document; undefined if it does. */
function fault(value: unknown, place: string): string | undefined {
  const validate = ajv.getSchema(`api#${place}`) ?? ajv.compile({ $ref: `api#${place}` });
  return validate(value) === true ? undefined : ajv.errorsText(validate.errors);
}

/** Whether a body matches the operation's schema of bodies. */
export function isValidBody(one: Operation, body: unknown): boolean {
  const at = pointer(
    'paths',
    one.path,
    one.method.toLowerCase(),
    'requestBody',
    'content',
    'application/json',
    'schema',
  );
  return fault(body, at) === undefined;
}

const probes = new Set(['/healthz', '/readyz']);

/** What is wrong with an answer by the document; undefined if the document declares it. */
export function undeclared(
  one: Operation,
  { status, contentType, body, requestId }: Answer,
): string | undefined {
  const declared = one.responses[String(status)];
  if (declared === undefined) return `the status ${status} is not declared: ${JSON.stringify(body)}`;
  const reference = z.object({ $ref: z.string() }).safeParse(declared).data?.$ref;
  const place =
    reference?.slice(1) ?? pointer('paths', one.path, one.method.toLowerCase(), 'responses', String(status));
  // Probes are too frequent for ids.
  if (requestId === null && (reference !== undefined || !probes.has(one.path)))
    return 'it has no x-request-id';
  const [type = ''] = contentType.split(';');
  const found = z.object({ content: z.record(z.string(), z.unknown()) }).safeParse(declared).data?.content;
  const types = reference === undefined ? Object.keys(found ?? {}) : ['application/json'];
  if (!types.includes(type)) return `the type ${type} is not declared with ${status}`;
  if (type !== 'application/json') return undefined;
  const why = fault(body, `${place}${pointer('content', type, 'schema')}`);
  return why && `${status} ${why}: ${JSON.stringify(body).slice(0, 400)}`;
}

/** Path and query of the operation's own example; `values` take the place of its parameters. */
export function targetOf(one: Operation, values: Readonly<Record<string, readonly string[]>> = {}): string {
  let path = one.path;
  const query = new URLSearchParams();
  for (const { name, in: place, example } of one.parameters) {
    const given = values[name] ?? (example === undefined ? [] : [example].flat().map(String));
    if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(given[0] ?? 'x'));
    else for (const value of given) query.append(name, value);
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Lists of values that a parameter must refuse, by what is wrong with them. */
export function wrongValues({
  name,
  in: place,
  schema,
}: Parameter): readonly (readonly [string, readonly string[]])[] {
  const items = anything.safeParse(schema['items']).data ?? schema;
  const isList = schema['type'] === 'array';
  const wrong: (readonly [string, readonly string[]])[] = [];
  const { type, minimum, maximum, maxLength } = items;
  if (type === 'integer') {
    wrong.push([`${name} that is no number`, ['x']], [`${name} that is no whole number`, ['1.5']]);
    if (typeof minimum === 'number') wrong.push([`${name} below its minimum`, [String(minimum - 1)]]);
    if (typeof maximum === 'number') wrong.push([`${name} above its maximum`, [String(maximum + 1)]]);
  }
  if (Array.isArray(items['enum'])) wrong.push([`${name} that is none of its words`, ['no such word']]);
  if (typeof maxLength === 'number' && place === 'query')
    wrong.push([`${name} that is too long`, ['x'.repeat(maxLength + 1)]]);
  if (!isList && place === 'query') wrong.push([`${name} twice, with two values`, ['1', '2']]);
  return wrong;
}
