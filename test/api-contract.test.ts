/**
 * The gateway does what the API's document says: every call of the document, valid and invalid, by every role.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Answer,
  isValidBody,
  type Operation,
  operationAt,
  operations,
  targetOf,
  undeclared,
  wrongValues,
} from './support/api-contract.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { callsOf, page } from './support/pages.ts';
import { chatAnswer, chatRequest } from './support/remembering-provider.ts';

const roles = ['viewer', 'operator', 'admin'] as const;
type Role = (typeof roles)[number];
const keyOf = (role: Role) => `the-key-of-the-${role}`;

let gateway: TestGateway;
let stop = async () => {};

beforeAll(async () => {
  const provider = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('Yes.')),
  );
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const { port } = z.object({ port: z.number() }).parse(provider.address());
  const adminKeys = roles.map((role) => ({ name: role, role, key: keyOf(role) }));
  gateway = await startTestGateway(`http://127.0.0.1:${port}`, {
    adminKeys,
    adminRate: 100_000,
    adminBurst: 100_000,
    openaiApiKey: 'sk-of-the-warming',
    logLevel: 'error',
  });
  stop = async () => {
    await gateway.remove();
    provider.close();
  };
  await gateway.ask('/v1/chat/completions', chatRequest('Is it so?'));
});

afterAll(async () => await stop());

interface Sent {
  readonly role?: Role | undefined;
  readonly method?: string;
  readonly target?: string;
  /** Text as it is, else JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(
  one: Operation,
  { role, method = one.method, target = targetOf(one), body, headers }: Sent,
): Promise<Answer> {
  const leaving = new AbortController();
  const response = await fetch(gateway.url + target, {
    method,
    headers: {
      ...(role !== undefined && { authorization: `Bearer ${keyOf(role)}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    signal: leaving.signal,
  });
  const contentType = response.headers.get('content-type') ?? '';
  const isStream = contentType.startsWith('text/event-stream');
  const text = isStream ? '' : await response.text();
  if (isStream) leaving.abort();
  return {
    status: response.status,
    contentType,
    requestId: response.headers.get('x-request-id'),
    body: contentType.startsWith('application/json') ? JSON.parse(text) : undefined,
  };
}

const example = ({ requestBody }: Operation) => requestBody?.content['application/json'].example;
const needsKey = ({ security }: Operation) =>
  !security.some((one) => Object.keys(one).length === 0) && security.length > 0;
const mayRun = (one: Operation, role: Role) => one['x-roles']?.includes(role) ?? true;
const strongest = (one: Operation) => roles.findLast((role) => mayRun(one, role));
const codeOf = ({ body }: Answer) =>
  z.object({ error: z.object({ code: z.string() }) }).safeParse(body).data?.error.code;

/** Fails unless the answer is declared, and an error of the caller. */
function expectRefused(one: Operation, what: string, answer: Answer): void {
  expect([what, undeclared(one, answer)]).toEqual([what, undefined]);
  expect([what, answer.status >= 400 && answer.status < 500]).toEqual([what, true]);
  expect([what, codeOf(answer)]).toEqual([what, expect.any(String)]);
}

/** What calls that are refused must not change. */
async function state(): Promise<unknown> {
  const call = async (id: string) => {
    const one = operations.find(({ operationId }) => operationId === id);
    return one && (await send(one, { role: 'admin' })).body;
  };
  const entries = z
    .object({ entries: z.array(z.object({ key: z.string() })) })
    .safeParse(await call('getEntries'));
  return [entries.data, await call('getFlags')];
}

const named = operations.map((one) => [one.name, one] as const);

it('the document has calls of every kind', () => {
  expect(operations.length).toBeGreaterThan(20);
  expect(operations.filter(needsKey).length).toBeGreaterThan(15);
});

describe('a valid call', () => {
  it.each(named)(
    '%s as the document shows it is answered as the document says, for each role',
    async (_name, one) => {
      for (const role of roles) {
        const answer = await send(one, { role, body: example(one) });
        expect([role, undeclared(one, answer)]).toEqual([role, undefined]);
        const isOwnTrouble = answer.status < 300 || answer.status === 404;
        expect([role, isOwnTrouble, codeOf(answer) === 'admin_forbidden']).toEqual([
          role,
          mayRun(one, role),
          !mayRun(one, role),
        ]);
      }
    },
  );

  it.each(
    callsOf(page('docs/reference/admin.md')).map((call) => [`${call.method} ${call.target}`, call] as const),
  )('%s as the page of admin calls shows it is answered as the document says', async (name, call) => {
    const one = operationAt(call);
    if (one === undefined) throw new Error(`the document has no ${name}`);
    const answer = await send(one, { role: 'admin', target: call.target, body: call.body });
    expect(undeclared(one, answer)).toBeUndefined();
    const namesNothing = ['entry_unknown', 'warm_unknown', 'match_unknown'];
    expect([undefined, ...namesNothing]).toContain(codeOf(answer));
  });

  it('an entry that is listed is shown under its key', async () => {
    const list = operations.find(({ operationId }) => operationId === 'getEntries');
    const entry = operations.find(({ operationId }) => operationId === 'getEntriesByKey');
    if (list === undefined || entry === undefined) throw new Error('the document lacks the calls of entries');
    await gateway.ask('/v1/chat/completions', chatRequest('Is it so, again?'));
    const listed = await send(list, { role: 'operator', target: list.path });
    const { entries } = z
      .object({ entries: z.array(z.object({ key: z.string() })).min(1) })
      .parse(listed.body);
    const shown = await send(entry, {
      role: 'operator',
      target: targetOf(entry, { key: [entries[0]?.key ?? ''] }),
    });
    expect([shown.status, undeclared(entry, shown)]).toEqual([200, undefined]);
  });
});

describe('an invalid call', () => {
  it.each(named.filter(([, one]) => needsKey(one)))('%s needs a key', async (_name, one) => {
    const without = await send(one, { body: example(one) });
    expect([without.status, undeclared(one, without)]).toEqual([401, undefined]);
    const wrong = await send(one, {
      body: example(one),
      headers: { authorization: 'Bearer a-key-of-no-one' },
    });
    expect([wrong.status === 401 || wrong.status === 429, undeclared(one, wrong)]).toEqual([true, undefined]);
  });

  it.each(named.filter(([, one]) => one.responses['405'] !== undefined))(
    '%s by another method is a 405',
    async (_name, one) => {
      const answer = await send(one, { role: 'admin', method: 'PATCH' });
      expect([answer.status, undeclared(one, answer)]).toEqual([405, undefined]);
    },
  );

  it.each(named.filter(([, one]) => needsKey(one)))(
    '%s refuses wrong parameters, and changes nothing',
    async (_name, one) => {
      const before = await state();
      const role = strongest(one);
      const at = (target: string) => send(one, { role, target, body: example(one) });
      const plain = targetOf(one);
      const and = plain.includes('?') ? '&' : '?';
      expectRefused(one, 'bad encoding', await at(`${plain}${and}x=%zz`));
      expectRefused(one, 'no UTF-8', await at(`${plain}${and}x=%ff`));
      if (one['x-query'] !== 'ignored') {
        expectRefused(one, 'an unknown parameter', await at(`${plain}${and}no-such-parameter=1`));
        for (const parameter of one.parameters) {
          for (const [what, values] of wrongValues(parameter))
            expectRefused(one, what, await at(targetOf(one, { [parameter.name]: values })));
          if (parameter.required && parameter.in === 'query')
            expectRefused(one, `no ${parameter.name}`, await at(targetOf(one, { [parameter.name]: [] })));
        }
      }
      expect(await state()).toEqual(before);
    },
  );

  const withBody = named.filter(([, one]) => one.requestBody !== undefined);

  it.each(withBody)(
    '%s refuses what is no JSON, too deep, too large or of another type, and changes nothing',
    async (_name, one) => {
      const before = await state();
      const role = strongest(one);
      const status = async (body: string, headers: Record<string, string> = {}) => {
        const answer = await send(one, { role, body, headers });
        expectRefused(one, body.slice(0, 20), answer);
        return answer.status;
      };
      expect(await status('{')).toBe(400);
      expect(await status(`${'['.repeat(600)}${']'.repeat(600)}`)).toBe(400);
      expect(await status(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toBe(400);
      expect(await status(`"${'x'.repeat(1_100_000)}"`)).toBe(413);
      expect(await status('{}', { 'content-type': 'text/plain' })).toBe(415);
      expect(await status('{}', { 'content-encoding': 'gzip' })).toBe(415);
      if (one.requestBody?.required === true) expectRefused(one, 'no body', await send(one, { role }));
      expect(await state()).toEqual(before);
    },
  );

  /** JSON values, and the example with a part replaced, left out or added. */
  function bodies(one: Operation): fc.Arbitrary<unknown> {
    const given = z.record(z.string(), z.unknown()).safeParse(example(one)).data ?? {};
    const name = fc.oneof(
      fc.constantFrom(...Object.keys(given), 'x', '__proto__'),
      fc.string({ maxLength: 20 }),
    );
    const changed = fc
      .tuple(name, fc.jsonValue({ maxDepth: 3 }))
      .map(([key, value]) =>
        Object.fromEntries([...Object.entries(given).filter(([one]) => one !== key), [key, value]]),
      );
    const lacking = name.map((key) =>
      Object.fromEntries(Object.entries(given).filter(([one]) => one !== key)),
    );
    return fc.oneof(fc.jsonValue({ maxDepth: 4 }), changed, changed, lacking);
  }

  it.each(withBody)(
    '%s refuses any body that does not match its schema, and answers any that does as declared',
    async (_name, one) => {
      // Bodies that match are also acted on: few of an erasure, which looks at every entry.
      const numRuns = one.method === 'DELETE' ? 8 : 60;
      let refused = 0;
      const property = fc.asyncProperty(bodies(one), async (body) => {
        const answer = await send(one, { role: strongest(one), body: JSON.stringify(body) });
        expect([body, undeclared(one, answer)]).toEqual([body, undefined]);
        if (isValidBody(one, body)) return;
        refused += 1;
        expectRefused(one, JSON.stringify(body), answer);
      });
      await fc.assert(property, { numRuns });
      expect(refused).toBeGreaterThan(0);
    },
  );
});
