import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { events, sse } from '../../../../test/support/chat.ts';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import { eventually, manualProvider } from '../../../../test/support/manual-provider.ts';
import type { GatewaySettingsInput } from '../index.ts';

const all = events(['Par', 'is', ' it', ' is.']);
const question = JSON.stringify({
  model: 'gpt-x',
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
  stream: true,
});
const withoutIds = (text: string) => text.replace(/^id: .*\n/gm, '');

/** A response that is read as it comes. */
interface Reading {
  readonly head: IncomingMessage;
  readonly text: () => string;
  readonly whole: Promise<string>;
  hangUp(): void;
}

async function setUp(settings: GatewaySettingsInput = {}) {
  const provider = await manualProvider();
  const gateway = await gatewayForTest(provider.url, settings);

  async function send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<Reading> {
    const sent = httpRequest({
      ...{ host: '127.0.0.1', port: gateway.port, method, path, agent: false },
      headers: { authorization: 'Bearer sk-ada', 'content-type': 'application/json', ...headers },
    });
    sent.on('error', () => {});
    sent.end(body);
    const [head]: IncomingMessage[] = await once(sent, 'response');
    if (head === undefined) throw new Error('there is no response');
    let text = '';
    head.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    head.on('error', () => {});
    const whole = once(head, 'end').then(() => text);
    whole.catch(() => {});
    return { head, text: () => text, whole, hangUp: () => sent.destroy() };
  }

  const subscribe = (key: string, headers?: Readonly<Record<string, string>>, method = 'GET') =>
    send(method, `/cache/stream/${encodeURIComponent(key)}`, headers);

  /** Asks, and has the provider send the first events. */
  async function flying(sent: number, headers: Readonly<Record<string, string>> = {}) {
    const before = provider.calls.length;
    const asked = send('POST', '/v1/chat/completions', headers, question);
    const { response } = await provider.call(before);
    response.writeHead(200, sse);
    for (const event of all.slice(0, sent)) response.write(event);
    const leader = await asked;
    const came = all.slice(0, sent).join('');
    await eventually(() => withoutIds(leader.text()) === came, 'the first events');
    const rest = () => {
      for (const event of all.slice(sent)) response.write(event);
      response.end();
    };
    return { leader, key: String(leader.head.headers['askonce-key']), rest, came };
  }

  return { gateway, provider, send, subscribe, flying };
}

async function failureOf({ head, whole }: Reading): Promise<readonly [number | undefined, string]> {
  const body: { readonly error?: { readonly code?: string } } = JSON.parse(await whole);
  return [head.statusCode, body.error?.code ?? ''];
}

describe('an answer by its key', () => {
  it('a late client gets what came before, follows live to the end, and afterwards gets the entry', async () => {
    const { gateway, provider, subscribe, flying } = await setUp();
    const { leader, key, rest, came } = await flying(3);
    const late = await subscribe(key);
    await eventually(() => withoutIds(late.text()) === came, 'what came before');
    expect(late.head.statusCode).toBe(200);
    expect(late.head.headers).toMatchObject({
      'content-type': sse['content-type'],
      'cache-status': 'askonce; fwd=miss; collapsed',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'askonce-key': key,
      'askonce-origin-request-id': 'req_origin',
    });
    rest();
    const text = await late.whole;
    expect(withoutIds(text)).toBe(await leader.whole);
    expect(withoutIds(text)).toBe(all.join(''));
    const stored = await subscribe(key, { 'askonce-event-ids': 'off', 'cache-control': 'no-cache' });
    expect(await stored.whole).toBe(all.join(''));
    expect(stored.head.headers['cache-status']).toMatch(/^askonce; hit; ttl=\d+; detail="memory"$/);
    expect(Number(stored.head.headers['age'])).toBeGreaterThanOrEqual(0);
    expect(provider.calls.length).toBe(1);
    expect([gateway.count('subscribed'), gateway.count('hit'), gateway.count('miss')]).toEqual([2, 0, 1]);
    expect(gateway.log.filter((line) => line.includes('GET /cache/stream/{key}')).length).toBe(2);
  });

  it('a client resumes after the last id that it saw, live and from the entry', async () => {
    const { subscribe, flying } = await setUp();
    const { key, rest, came } = await flying(3, { 'askonce-event-ids': 'on' });
    const first = await subscribe(key);
    await eventually(() => withoutIds(first.text()) === came, 'what came before');
    const lastId = /id: (\S+)\n\n$/.exec(first.text())?.[1] ?? '';
    expect(lastId).toMatch(/^[0-9a-f]{16}:3$/);
    first.hangUp();
    const second = await subscribe(key, { 'last-event-id': lastId });
    rest();
    const expected = all.slice(3).join('');
    expect(withoutIds(await second.whole)).toBe(expected);
    const third = await subscribe(key, { 'last-event-id': lastId });
    expect(withoutIds(await third.whole)).toBe(expected);
  });

  it('a key is taken with its braces and colons percent-encoded or as they are', async () => {
    const { send, flying } = await setUp();
    const { leader, key, rest } = await flying(1);
    rest();
    await leader.whole;
    const some = key.replaceAll('{', '%7B').replaceAll('}', '%7d');
    for (const path of [key, some, encodeURIComponent(key), `${key}?ignored=1`])
      expect(withoutIds(await (await send('GET', `/cache/stream/${path}`)).whole)).toBe(all.join(''));
  });

  it('another credential, tenant or user is answered as if there were nothing', async () => {
    const { subscribe, flying } = await setUp();
    const narrowed = { 'askonce-tenant': 't', 'askonce-user': 'u' };
    const { key, rest, leader } = await flying(2, narrowed);
    const others = async () => {
      const found: (readonly [number | undefined, string])[] = [];
      for (const headers of [
        { ...narrowed, authorization: 'Bearer sk-eve' },
        { ...narrowed, 'askonce-tenant': 'x' },
        { ...narrowed, 'askonce-user': 'x' },
        { 'askonce-tenant': 't' },
      ])
        found.push(await failureOf(await subscribe(key, headers)));
      return found;
    };
    const unknown = [404, 'entry_unknown'];
    expect(await others()).toEqual([unknown, unknown, unknown, unknown]);
    const own = await subscribe(key, narrowed);
    rest();
    expect(withoutIds(await own.whole)).toBe(await leader.whole);
    expect(await others()).toEqual([unknown, unknown, unknown, unknown]);
    for (const forged of ['x', `${key}x`, key.replace(/.\}$/, '}'), '%', 'x'.repeat(2000)])
      expect(await failureOf(await subscribe(forged, narrowed))).toEqual(unknown);
  });

  it('only GET is allowed, and only at the main port', async () => {
    const { send, subscribe } = await setUp({
      adminKey: 'the-key-of-all-admin-calls',
      adminListen: '127.0.0.1:0',
    });
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const refused = await subscribe('x', {}, method);
      expect([await failureOf(refused), refused.head.headers['allow']]).toEqual([
        [405, 'method_not_allowed'],
        'GET',
      ]);
    }
    const head = await send('HEAD', '/cache/stream/x');
    expect([head.head.statusCode, head.head.headers['allow']]).toEqual([405, 'GET']);
  });

  it('an address may begin twenty at once, and is then held back', async () => {
    const { subscribe } = await setUp();
    const asked = await Promise.all(Array.from({ length: 30 }, () => subscribe('x')));
    const failures = await Promise.all(asked.map(failureOf));
    const limited = asked.filter(({ head }) => head.statusCode === 429);
    expect(failures.filter(([status]) => status === 404).length).toBeGreaterThanOrEqual(20);
    expect(limited.length).toBeGreaterThan(0);
    expect(limited[0]?.head.headers['retry-after']).toBe('1');
    expect(new Set(failures.map(([, code]) => code))).toEqual(new Set(['entry_unknown', 'stream_limited']));
  });

  it('a stream that breaks off ends with the protocol’s error event for its subscribers, too', async () => {
    const { provider, subscribe, flying } = await setUp();
    const { key, came } = await flying(2);
    const late = await subscribe(key);
    await eventually(() => withoutIds(late.text()) === came, 'what came before');
    const { response } = await provider.call(0);
    response.destroy();
    expect(await late.whole).toContain('provider_broke_off');
  });

  it('a gateway that stops lets a subscriber read to the end', async () => {
    const { gateway, subscribe, flying } = await setUp();
    const { key, rest } = await flying(2);
    const late = await subscribe(key);
    const closed = gateway.close();
    rest();
    expect(withoutIds(await late.whole)).toBe(all.join(''));
    await closed;
  });
});
