/**
 * The page of admin calls agrees with the gateway's table of them.
 */
import { expect, it } from 'vitest';
import { errorCodes } from '../packages/askonce/src/errors.ts';
import { bodyErrors, callErrors } from '../packages/gateway/src/admin/document/errors.ts';
import { type AdminRoute, anyQuery, noBody } from '../packages/gateway/src/admin/route.ts';
import { adminRoutes } from '../packages/gateway/src/admin/routes.ts';
import { operationAt, operations, undeclared } from './support/api-contract.ts';
import { callsOf, code, fencesOf, page, section, tableRows } from './support/pages.ts';

const admin = page('docs/reference/admin.md');
const rows = tableRows(section(admin, 'The calls'), 'method');
const nameOf = ({ method, path }: AdminRoute) => `${method} ${path}`;

it('the page of admin calls lists every call, and no other', () => {
  const listed = rows.map(([method, path]) => `${code(method)} ${code(path)}`);
  expect(listed.toSorted()).toEqual(adminRoutes.map(nameOf).toSorted());
});

it('the page of admin calls says of each call whether it reads a query, a body, and whether it needs one', () => {
  const listed = rows.map(([method, path, _role, query, body = '']) => ({
    name: `${code(method)} ${code(path)}`,
    ignoresQuery: query === 'ignored',
    readsBody: body !== 'not read',
    needsBody: !/^(?:not read|optional|as above)/.test(body),
  }));
  const expected = adminRoutes.map((route) => ({
    name: nameOf(route),
    ignoresQuery: route.query === anyQuery,
    readsBody: route.body !== noBody,
    needsBody: !route.body.safeParse(undefined).success,
  }));
  expect(listed).toEqual(expect.arrayContaining(expected));
});

it('the page of admin calls names every parameter that a call may have', () => {
  for (const [method, path, _role, query = ''] of rows) {
    const route = adminRoutes.find((one) => nameOf(one) === `${code(method)} ${code(path)}`);
    if (query === 'ignored') continue;
    const known = Array.from(query.matchAll(/`(\w+)`/g), ([, name = '']) => name).filter(
      (name) => name !== 'true' && name !== 'false',
    );
    const inPath = Array.from(path?.matchAll(/\{(\w+)\}/g) ?? [], ([, name = '']) => name);
    const { error } = route?.query.safeParse({ unknown: ['x'] }) ?? {};
    const unknown = error?.issues.find((issue) => issue.code === 'unrecognized_keys')?.message ?? '';
    expect(
      unknown
        .replace(/^.*expected /, '')
        .split(', ')
        .toSorted(),
    ).toEqual([...inPath, ...known].toSorted());
  }
});

it('the page of admin calls has the least role of each call', () => {
  const least = ['viewer', 'operator', 'admin'] as const;
  const listed = rows.map(([method, path, role]) => [`${code(method)} ${code(path)}`, role]);
  const expected = adminRoutes.map((route) => [
    nameOf(route),
    least.find((role) => route.roles.includes(role)),
  ]);
  expect(listed.toSorted()).toEqual(expected.toSorted());
});

it('the page of admin calls shows a call and an answer of every operation, and they match its schemas', () => {
  const names = operations.map(({ name }) => name).toSorted();
  const called = callsOf(admin).map((call) => operationAt(call)?.name ?? `${call.method} ${call.target}`);
  expect(called.toSorted()).toEqual(names);
  const answers = fencesOf(admin).flatMap(({ info, text }) => {
    const [, name] = /^json (\w+ \S+)$/.exec(info) ?? [];
    return name === undefined ? [] : [{ name, answer: JSON.parse(text) }];
  });
  // What is no JSON has text as its example.
  const isJson = (name: string) =>
    !['GET /cache/events', 'GET /cache/stream/{key}', 'GET /metrics'].includes(name);
  expect(answers.map(({ name }) => name).toSorted()).toEqual(names.filter(isJson));
  for (const { name, answer } of answers) {
    const route = adminRoutes.find((one) => nameOf(one) === name);
    expect([name, route?.answer.safeParse(answer).error?.issues]).toEqual([name, undefined]);
    const operation = operations.find((one) => one.name === name);
    const received = {
      status: route?.status ?? 200,
      contentType: 'application/json',
      requestId: 'req_1',
      body: answer,
    };
    expect(operation && undeclared(operation, received)).toBeUndefined();
  }
});

it('the page of admin calls names every error that a call can answer with', () => {
  const own = adminRoutes.flatMap(({ invalid, errors = [] }) => [invalid, ...errors]);
  const expected = new Set<string>([...callErrors, ...bodyErrors, ...own]);
  const named = tableRows(section(admin, 'Errors'), 'error').flatMap(([errors = '']) =>
    Array.from(errors.matchAll(/`(\w+)`/g), ([, name = '']) => name),
  );
  expect(named.toSorted()).toEqual([...expected].toSorted());
});

it('the errors on the page of admin calls have the statuses of their codes', () => {
  const named: (readonly [name: string, status: number])[] = [];
  for (const [errors = ''] of tableRows(admin.text, 'error')) {
    let status = 0;
    for (const [, digits, name = ''] of errors.matchAll(/(\d{3})? ?`(\w+)`/g)) {
      if (digits !== undefined) status = Number(digits);
      named.push([name, status]);
    }
  }
  const statuses = new Map<string, number>(
    Object.entries(errorCodes).map(([name, { status }]) => [name, status]),
  );
  expect(named.filter(([name, status]) => statuses.get(name) !== status)).toEqual([]);
  expect(named.length).toBeGreaterThan(10);
});
