import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SeenRequest, startRecordedProvider } from 'askonce/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { answerSaying } from './support/echo-provider.ts';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';

/**
 * The callers. Only on a shared scope are answers shared, among the credentials that the provider has accepted.
 */
const credentials = {
  authorization: ['Bearer sk-secret-one', 'Bearer sk-secret-two', 'Bearer sk-secret-on'],
  'x-api-key': [undefined, 'key-secret-one', 'key-secret-two'],
  'openai-organization': [undefined, 'org-one', 'org-two'],
  'openai-project': [undefined, 'proj-one', 'proj-two'],
  cookie: [undefined, 'session=cookie-secret-one', 'session=cookie-secret-two'],
} as const;

/** Two requests with different values never share an answer. */
const counted = {
  'anthropic-version': [undefined, '2023-06-01', '2023-01-01'],
  'anthropic-beta': [undefined, 'beta-one', 'beta-one,beta-two'],
  'x-unknown': [undefined, '', 'one', 'two'],
} as const;

/** Stripped, so that the provider never sees them: they must separate answers all the same. */
const callerHeaders = {
  'askonce-tenant': [undefined, 'one', 'two'],
  'askonce-user': [undefined, 'one', 'two'],
  'askonce-session': [undefined, 'one', 'two'],
  'askonce-language': [undefined, 'en', 'pt-BR', 'pt'],
  'askonce-template': [undefined, 'greeting', 'greeting@1', 'greeting@2'],
  'askonce-index-version': [undefined, '1', '2'],
} as const;

/** Without meaning: may differ between two requests that share an answer. */
const idleHeaders = {
  'user-agent': ['one/1', 'two/2'],
  'x-request-id': ['a', 'b'],
  traceparent: [undefined, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  'x-stainless-os': ['Linux', 'MacOS'],
} as const;

type Table = Readonly<Record<string, readonly (string | undefined)[]>>;

/** The first value of each is by far the most likely, so that the same is often asked again. */
function headersOf(table: Table): fc.Arbitrary<Record<string, string>> {
  const names = Object.keys(table);
  const values = names.map((name) => {
    const [usual, ...others] = table[name] ?? [];
    return fc.oneof(
      { weight: 12, arbitrary: fc.constant(usual) },
      { weight: 1, arbitrary: fc.constantFrom(...others) },
    );
  });
  return fc
    .tuple(...values)
    .map((chosen) =>
      Object.fromEntries(
        chosen.flatMap((value, index) => (value === undefined ? [] : [[names[index] ?? '', value]])),
      ),
    );
}

interface Asked {
  readonly path: string;
  readonly query: string;
  readonly body: object;
  readonly headers: Record<string, string>;
  readonly caller: Record<string, string>;
  readonly idle: Record<string, string>;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  path: fc.constantFrom('/v1/chat/completions', '/v1/chat/completions', '/v1/messages', '/v1/responses'),
  query: fc.constantFrom('', '', '', '', '?a=1', '?a=2', '?a=1&b=2', '?b=2&a=1'),
  body: fc.record({
    model: fc.constantFrom('usual', 'usual', 'other', 'local/usual', 'local/other', 'LOCAL/usual'),
    text: fc.constantFrom('one', 'two', 'One', 'one two', 'o ne'),
    seed: fc.constantFrom(undefined, undefined, 1, 2),
    stream: fc.boolean(),
  }),
  headers: headersOf({ ...credentials, ...counted }),
  caller: headersOf(callerHeaders),
  idle: headersOf(idleHeaders),
});

function bodyOf({ path, body }: Asked & { body: { text?: string; model?: string } }): string {
  const { text, ...rest } = body;
  if (path === '/v1/responses') return JSON.stringify({ ...rest, input: text });
  return JSON.stringify({ ...rest, max_tokens: 100, messages: [{ role: 'user', content: text }] });
}

type Scope = 'tenant' | 'shared';
const parted = {
  tenant: [...Object.keys(credentials), ...Object.keys(counted)],
  shared: Object.keys(counted),
} as const satisfies Record<Scope, readonly string[]>;

/** All that may count of what a provider is sent, except the form. */
function digest(
  scope: Scope,
  which: string,
  path: string,
  headers: SeenRequest['headers'],
  body: string,
): string {
  const named = parted[scope].map((name) => [name, headers[name] ?? null]);
  const { stream: _, ...rest } = JSON.parse(body);
  return createHash('sha256')
    .update(JSON.stringify([which, path, named, rest]))
    .digest('hex');
}

/** Answers what it was asked, and how often it had been asked before. */
async function startEcho(scope: Scope, which: string) {
  let calls = 0;
  return startRecordedProvider({
    answer({ path, headers, body }) {
      calls += 1;
      const said = `${digest(scope, which, path, headers, body.toString())} ${which} ${calls}`;
      return answerSaying(said, path.split('?')[0] ?? '', JSON.parse(body.toString()));
    },
  });
}

const seed = 20_261_121;
const requests = 6000;
const atOnce = 48;

/** Asks a gateway thousands of random requests at once, then a few wrong ones, and collects what came of them. */
async function history(scope: Scope) {
  const [usual, local] = [await startEcho(scope, 'usual'), await startEcho(scope, 'local')];
  const gateway = await startTestGateway(usual.url, {
    scope,
    trustHeaders: true,
    logLevel: 'trace',
    providers: [
      {
        name: 'local',
        protocol: 'openai',
        baseUrl: `${local.url}/v1`,
        models: [{ prefix: 'local/', strip: true }],
      },
    ],
  });

  /** What the provider answered, and in which context it was served first. */
  const firstServed = new Map<string, string>();
  const failed: object[] = [];
  const crossed: object[] = [];
  const events: string[] = [];
  const left = fc.sample(asked, { seed, numRuns: requests }).values();
  async function askAll(): Promise<void> {
    for (const one of left) {
      const body = bodyOf(one);
      const exchange = await gateway.ask(one.path + one.query, body, {
        ...one.idle,
        ...one.headers,
        ...one.caller,
      });
      const said = /[0-9a-f]{64} (\w+) \d+/.exec(exchange.body.toString());
      const toLocal = one.path !== '/v1/messages' && body.includes('"local/');
      const expected = digest(
        scope,
        toLocal ? 'local' : 'usual',
        one.path + one.query,
        one.headers,
        toLocal ? body.replace('"local/', '"') : body,
      );
      const context = JSON.stringify(one.caller);
      const before = firstServed.get(said?.[0] ?? '') ?? context;
      firstServed.set(said?.[0] ?? '', before);
      const status = cacheStatusHeader(exchange);
      events.push(status);
      if (exchange.status !== 200) failed.push({ ...one, status: exchange.status });
      if (!said?.[0].startsWith(expected)) crossed.push({ ...one, status, said: said?.[0], expected });
      if (before !== context) crossed.push({ ...one, status, said: said?.[0], context, before });
    }
  }
  await Promise.all(Array.from({ length: atOnce }, askAll));

  // Errors are logged as well.
  const wrong = { authorization: credentials.authorization[0], 'askonce-ttl': 'soon' };
  const refused = await gateway.ask('/v1/messages', '{', wrong);
  const passed = await gateway.ask('/v1/elsewhere', '{}', wrong);
  await gateway.close();
  const disk = filesBelow(gateway.dataDir).map((file) => readFileSync(file));
  const callsOfLocal = local.calls;
  await gateway.remove();
  await Promise.all([usual.close(), local.close()]);
  return {
    failed,
    crossed,
    events,
    callsOfLocal,
    statuses: [refused.status, passed.status],
    log: gateway.log,
    disk,
  };
}

const secrets = [...credentials.authorization, ...credentials['x-api-key'], ...credentials.cookie].flatMap(
  (value) => (value === undefined ? [] : [value.replace(/^(Bearer |session=)/, '')]),
);

describe.each(['tenant', 'shared'] as const)('thousands of random requests at once (scope: %s)', (scope) => {
  let ran: Awaited<ReturnType<typeof history>>;
  beforeAll(async () => {
    ran = await history(scope);
  }, 60_000);

  it('each of thousands of random requests at once is answered', () => {
    expect(ran.events.length).toBe(requests);
    expect(ran.failed.slice(0, 2)).toEqual([]);
  });

  it('no answer crosses a wall in thousands of random requests at once', () => {
    expect(ran.crossed.slice(0, 2)).toEqual([]);
  });

  it('random requests include many hits, collapsed calls and calls of a second provider', () => {
    // Otherwise nothing would have been tested.
    expect(ran.events.filter((status) => status.includes('; hit')).length).toBeGreaterThan(requests / 10);
    expect(ran.events.filter((status) => status.includes('collapsed')).length).toBeGreaterThan(0);
    expect(ran.callsOfLocal).toBeGreaterThan(100);
  });

  it('a wrong header is refused on a cached route and ignored on another', () => {
    expect(ran.statuses).toEqual([400, 200]);
  });

  it('no credential is in the log, even at its finest level', () => {
    expect(ran.log.length).toBeGreaterThan(requests);
    const log = ran.log.join('');
    for (const secret of secrets) expect(log).not.toContain(secret);
  });

  it('no credential is in the files of the data folder, in the clear or as base64', () => {
    expect(ran.disk.some((bytes) => bytes.length > 100_000)).toBe(true);
    for (const secret of secrets) {
      expect(ran.disk.some((bytes) => bytes.includes(secret))).toBe(false);
      expect(ran.disk.some((bytes) => bytes.includes(Buffer.from(secret).toString('base64')))).toBe(false);
    }
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
