import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SeenRequest, startRecordedProvider } from 'askonce/testing';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';

/**
 * Who asks. Only on a shared scope are answers shared, among the credentials that the provider has accepted.
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
  const provider = await startRecordedProvider({
    answer({ path, headers, body }) {
      calls += 1;
      const said = `${digest(scope, which, path, headers, body.toString())} ${which} ${calls}`;
      return echo(path, said, JSON.parse(body.toString()).stream === true);
    },
  });
  onTestFinished(() => provider.close());
  return provider;
}

function echo(path: string, said: string, stream: boolean) {
  if (path.startsWith('/v1/messages')) return anthropic(said, stream);
  if (path.startsWith('/v1/responses')) return response(said, stream);
  const base = { id: 'c', created: 1, model: 'm' };
  if (!stream) {
    const choice = { index: 0, message: { role: 'assistant', content: said }, finish_reason: 'stop' };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    return json({ ...base, object: 'chat.completion', choices: [choice], usage });
  }
  const chunk = (delta: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  return events([chunk({ role: 'assistant', content: said }, null), chunk({}, 'stop'), 'data: [DONE]\n\n']);
}

function anthropic(said: string, stream: boolean) {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', stop_sequence: null, usage };
  if (!stream) return json({ ...message, content: [{ type: 'text', text: said }], stop_reason: 'end_turn' });
  return events(
    [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: said } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  );
}

function response(said: string, stream: boolean) {
  const part = { type: 'output_text', text: said, annotations: [] };
  const item = { id: 'i', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const whole = { id: 'r', object: 'response', model: 'm', status: 'completed', output: [item], usage };
  if (!stream) return json(whole);
  return events(
    [
      { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: whole },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  );
}

function json(value: object) {
  return { body: Buffer.from(JSON.stringify(value)) };
}

function events(all: readonly string[]) {
  return { body: Buffer.from(all.join('')), headers: { 'content-type': 'text/event-stream' } };
}

const seed = 20_261_121;
const requests = 6000;
const atOnce = 48;

it.each(['tenant', 'shared'] as const)(
  'of thousands of random requests at once, no answer crosses a wall (scope: %s)',
  async (scope) => {
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
    onTestFinished(() => gateway.remove());

    /** What the provider answered, and in which context it was served first. */
    const firstHeard = new Map<string, string>();
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
        const text = exchange.body.toString();
        const said = /[0-9a-f]{64} (\w+) \d+/.exec(text);
        const toLocal = one.path !== '/v1/messages' && body.includes('"local/');
        const expected = digest(
          scope,
          toLocal ? 'local' : 'usual',
          one.path + one.query,
          one.headers,
          toLocal ? body.replace('"local/', '"') : body,
        );
        const context = JSON.stringify(one.caller);
        const before = firstHeard.get(said?.[0] ?? '') ?? context;
        firstHeard.set(said?.[0] ?? '', before);
        events.push(cacheStatusHeader(exchange));
        if (exchange.status !== 200 || !said?.[0].startsWith(expected) || before !== context)
          crossed.push({ ...one, status: cacheStatusHeader(exchange), said: said?.[0], expected, before });
      }
    }
    await Promise.all(Array.from({ length: atOnce }, askAll));
    expect(crossed.slice(0, 2)).toEqual([]);
    // Otherwise nothing would have been tested.
    expect(events.filter((status) => status.includes('; hit')).length).toBeGreaterThan(requests / 10);
    expect(events.filter((status) => status.includes('collapsed')).length).toBeGreaterThan(0);
    expect(local.calls).toBeGreaterThan(100);

    // Errors are logged as well.
    const secret = { authorization: credentials.authorization[0], 'askonce-ttl': 'soon' };
    expect((await gateway.ask('/v1/messages', '{', secret)).status).toBe(400);
    expect((await gateway.ask('/v1/elsewhere', '{}', secret)).status).toBe(200);
    await gateway.close();
    const secrets = [
      ...credentials.authorization,
      ...credentials['x-api-key'],
      ...credentials.cookie,
    ].flatMap((value) => (value === undefined ? [] : [value.replace(/^(Bearer |session=)/, '')]));
    const log = gateway.log.join('');
    expect(gateway.log.length).toBeGreaterThan(requests);
    const disk = filesBelow(gateway.dataDir).map((file) => readFileSync(file));
    expect(disk.some((bytes) => bytes.length > 100_000)).toBe(true);
    for (const secret of secrets) {
      expect(log).not.toContain(secret);
      expect(disk.some((bytes) => bytes.includes(secret))).toBe(false);
      expect(disk.some((bytes) => bytes.includes(Buffer.from(secret).toString('base64')))).toBe(false);
    }
  },
  60_000,
);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
