/**
 * The page of admin calls agrees with the gateway's table of them.
 */
import { expect, it } from 'vitest';
import { errorCodes } from '../packages/askonce/src/errors.ts';
import { type AdminRoute, anyQuery, noBody } from '../packages/gateway/src/admin/route.ts';
import { adminRoutes } from '../packages/gateway/src/admin/routes.ts';
import { code, page, section, tableRows } from './support/pages.ts';

const admin = page('docs/reference/admin.md');
const rows = tableRows(section(admin, 'Admin calls'), 'method');
const nameOf = ({ method, path }: AdminRoute) => `${method} ${path}`;

it('the page of admin calls lists every call, and no other', () => {
  const listed = rows.map(([method, path]) => `${code(method)} ${code(path)}`);
  expect(listed.toSorted()).toEqual(adminRoutes.map(nameOf).toSorted());
});

it('the page of admin calls says of each call whether it reads a query, a body, and whether it needs one', () => {
  const listed = rows.map(([method, path, query, body = '']) => ({
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
  for (const [method, path, query = ''] of rows) {
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

it('the examples on the page of admin calls match the schemas of their answers', () => {
  const examples = Array.from(admin.text.matchAll(/^```json (\w+ \S+)\n(.*?)^```$/gms));
  expect(examples.map(([, name]) => name)).toEqual(
    expect.arrayContaining(['GET /cache/statistics', 'GET /cache/analytics', 'GET /cache/top-queries']),
  );
  for (const [, name, example = ''] of examples) {
    const route = adminRoutes.find((one) => nameOf(one) === name);
    expect(route?.answer.safeParse(JSON.parse(example)).error?.issues).toBeUndefined();
    expect(route).toBeDefined();
  }
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
