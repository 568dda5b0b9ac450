/**
 * The document of the admin API in the repository is the one that the table of calls makes, and a valid one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { adminRoutes } from '../packages/gateway/src/admin/routes.ts';
import { apiReference, apiReferencePath } from '../scripts/api/reference.ts';
import { gatewayForTest } from './support/gateway.ts';
import { root } from './support/pages.ts';

const file = readFileSync(join(root, apiReferencePath), 'utf8');
const document = parse(file);

it('the document of the API is as `npm run api-reference` makes it', () => {
  expect(file).toBe(apiReference());
});

it('the document of the API matches the meta-schema of OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  const { info: _info, ...lacking } = structuredClone(document);
  expect(await new Validator().validate(lacking)).toMatchObject({ valid: false });
});

it('the document of the API has every admin call, and names no server but its own', () => {
  const calls = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = adminRoutes.map(({ method, path }) => `${method} ${path}`);
  expect(calls).toEqual(expect.arrayContaining(known));
  expect(calls.filter((call) => !known.includes(call)).toSorted()).toEqual([
    'GET /cache/stream/{key}',
    'GET /healthz',
    'GET /metrics',
    'GET /readyz',
    'POST /cache/feedback',
  ]);
  expect(document.servers).toEqual([expect.objectContaining({ url: '/' })]);
  expect(file).not.toMatch(/https?:\/\//);
});

it('a running gateway serves the document of the API', async () => {
  const adminKey = 'the-key-of-all-admin-calls';
  const gateway = await gatewayForTest('http://127.0.0.1:1', { adminKey });
  const response = await fetch(`${gateway.url}/cache/openapi.json`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual(document);
});
