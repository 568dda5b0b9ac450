import { setImmediate as nextTurn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { completion, events } from './support/chat.ts';
import { type SharingGateway, startSharingGateways } from './support/gateway-processes-on-redis.ts';
import { type Listener, listen } from './support/listener.ts';
import { eventually, type ManualCall, manualProvider } from './support/manual-provider.ts';
import { startRedis } from './support/redis-server.ts';

/** Short, so that a dead process is noticed soon. */
const brisk = { ASKONCE_PROGRESS_MS: '2000', ASKONCE_LEASE_MS: '5000' };
/** Long, so that a busy machine makes no process look dead. */
const patient = { ASKONCE_PROGRESS_MS: '600000', ASKONCE_LEASE_MS: '600000' };

async function setups(environment: Readonly<Record<string, string>> = patient) {
  const redis = await startRedis();
  const provider = await manualProvider();
  const gateways = await startSharingGateways(4, {
    redisPort: redis.port,
    provider: provider.url,
    environment,
  });
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const at = (index: number): SharingGateway => {
    const gateway = gateways[index % gateways.length];
    if (gateway === undefined) throw new Error('there is no gateway');
    return gateway;
  };
  return {
    provider,
    at,
    keys: (pattern: string) => client.keys(pattern),
    /** Resolves once a flight is published, because another gateway follows it. */
    followed: async () => {
      while ((await client.keys('*:flight')).length === 0) await nextTurn();
    },
    body: (index: number, question = 'What?') =>
      at(index).process.ask('/v1/chat/completions', asking(question)),
    stream: (index: number, question = 'What?') =>
      listen(`${at(index).process.url}/v1/chat/completions`, asking(question, true)),
  };
}

function asking(question: string, stream = false): string {
  const messages = [{ role: 'user', content: question }];
  return JSON.stringify({ model: 'gpt-x', messages, ...(stream ? { stream } : {}) });
}

function answer({ response }: ManualCall, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_origin' });
  response.end(text);
}

function begin({ response }: ManualCall): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_origin' });
}

const status = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) =>
  String(headers['cache-status']);

describe('four gateways on one Redis', () => {
  it('four gateways make one call for four hundred identical bodies, and each client gets the whole answer', async () => {
    const { body, provider, keys, followed } = await setups();
    const asked = Array.from({ length: 400 }, (_, index) => body(index));
    const call = await provider.call(0);
    await followed();
    // Some are still on their way when the answer comes.
    answer(call, completion());
    const replies = await Promise.all(asked);
    expect(new Set(replies.map((reply) => `${reply.status} ${reply.body.toString()}`))).toEqual(
      new Set([`200 ${completion()}`]),
    );
    expect(provider.calls.length).toBe(1);
    for (let index = 0; index < 4; index++) expect(status(await body(index))).toContain('hit');
    expect(provider.calls.length).toBe(1);
    expect(await keys('*:lease')).toEqual([]);
  });

  it('four gateways relay a stream to a hundred clients, every byte once and as it comes', async () => {
    const { stream, provider } = await setups();
    const pieces = events(Array.from({ length: 20 }, (_, index) => `word${index} `));
    const listeners = Array.from({ length: 100 }, (_, index) => stream(index));
    const call = await provider.call(0);
    begin(call);
    let sent = 0;
    for (const piece of pieces) {
      call.response.write(piece);
      sent += piece.length;
      // The next token is sent only once every client has this one.
      await Promise.all(listeners.map((listener) => listener.receives(sent)));
    }
    call.response.end();
    const heard = await Promise.all(listeners.map(({ whole }) => whole));
    expect(new Set(heard.map(String))).toEqual(new Set([pieces.join('')]));
    expect(provider.calls.length).toBe(1);
    const heads = await Promise.all(listeners.map(({ head }) => head));
    expect(heads.filter((head) => !status(head).includes('collapsed')).length).toBe(1);
  });

  it('a gateway publishes nothing while no other gateway follows', async () => {
    const { stream, provider, keys } = await setups();
    const listeners = Array.from({ length: 10 }, () => stream(0));
    const call = await provider.call(0);
    begin(call);
    const pieces = events(['a', 'b']);
    for (const piece of pieces.slice(0, 2)) call.response.write(piece);
    await Promise.all(listeners.map((listener) => listener.receives(10)));
    expect((await keys('*:lease')).length).toBe(1);
    expect(await keys('*flight*')).toEqual([]);
    call.response.end(pieces.slice(2).join(''));
    await Promise.all(listeners.map(({ whole }) => whole));
    expect(await keys('*flight*')).toEqual([]);
  });

  it('with following off, four gateways wait for one another and make one call', async () => {
    const { body, provider, keys } = await setups({ ...patient, ASKONCE_FOLLOW: 'off' });
    const asked = Array.from({ length: 400 }, (_, index) => body(index));
    answer(await provider.call(0), completion());
    const replies = await Promise.all(asked);
    expect(new Set(replies.map((reply) => reply.body.toString()))).toEqual(new Set([completion()]));
    expect(provider.calls.length).toBe(1);
    expect(await keys('*flight*')).toEqual([]);
  });

  it('a client resumes a live stream at another gateway by Last-Event-ID', async () => {
    const { at, provider } = await setups();
    const pieces = events(['a', 'b', 'c', 'd']);
    const resume = (index: number, headers: Readonly<Record<string, string>>) =>
      listen(`${at(index).process.url}/v1/chat/completions`, asking('What?', true), headers);
    const first = resume(0, { 'askonce-event-ids': 'on' });
    const call = await provider.call(0);
    begin(call);
    for (const event of pieces.slice(0, 3)) call.response.write(event);
    await eventually(() => [...first.heard.toString().matchAll(/^id: /gm)].length === 3, 'three events');
    const seen = first.heard.toString();
    const lastId = /id: (\S+)\n\n$/.exec(seen)?.[1] ?? '';
    first.hangUp();
    const second = resume(1, { 'last-event-id': lastId });
    await second.head;
    for (const event of pieces.slice(3)) call.response.write(event);
    call.response.end();
    const rest = (await second.whole).toString();
    expect(`${seen}${rest}`.replace(/^id: .*\n/gm, '')).toBe(pieces.join(''));
    expect([...rest.matchAll(/^id: \w+:(\d+)$/gm)].map((match) => Number(match[1]))[0]).toBe(4);
    expect(provider.calls.length).toBe(1);
  });
});

describe('a leading gateway in trouble', () => {
  it('after a leader is killed before its first byte, all others get a whole answer from the next flight', async () => {
    const { stream, provider, at, followed } = await setups(brisk);
    const leader = stream(0);
    leader.head.catch(() => {});
    await provider.call(0);
    const listeners = Array.from({ length: 60 }, (_, index) => stream(1 + (index % 3)));
    await followed();
    await at(0).process.end('SIGKILL');
    const next = await provider.call(1);
    begin(next);
    const pieces = events(['the ', 'next']);
    for (const event of pieces) next.response.write(event);
    next.response.end();
    for (const { whole } of listeners) expect(String(await whole)).toBe(pieces.join(''));
    expect(provider.calls.length).toBe(2);
  });

  it('after a leader is killed in mid-stream, followers end with the protocol’s error, and new requests get a whole answer', async () => {
    const { stream, provider, at } = await setups(brisk);
    const pieces = events(['first ', 'second ', 'third ']);
    const leader = stream(0);
    const call = await provider.call(0);
    const listeners: Listener[] = Array.from({ length: 30 }, (_, index) => stream(1 + (index % 3)));
    begin(call);
    const sent = pieces.slice(0, 3).join('');
    call.response.write(sent);
    await Promise.all([leader, ...listeners].map((listener) => listener.receives(sent.length)));
    await at(0).process.end('SIGKILL');
    const heard = await Promise.all(listeners.map(async ({ whole }) => String(await whole)));
    for (const text of heard) {
      expect(text.startsWith(sent)).toBe(true);
      // All that follows is one error event, and nothing of another answer.
      expect(text.slice(sent.length)).toMatch(
        /^data: \{"error":\{[^\n]*provider_broke_off[^\n]*\}\n\n(data: \[DONE\]\n\n)?$/,
      );
    }
    const again = stream(1);
    const next = await provider.call(1);
    begin(next);
    next.response.end(pieces.join(''));
    expect(String(await again.whole)).toBe(pieces.join(''));
    expect(provider.calls.length).toBe(2);
  });

  it('a leader paused beyond its lease can neither replace the newer answer nor reach a follower when it resumes', async () => {
    const { body, provider, at, keys, followed } = await setups(brisk);
    const first = body(0);
    const older = await provider.call(0);
    const second = body(1);
    await followed();
    at(0).process.child.kill('SIGSTOP');
    const newer = await provider.call(1);
    answer(newer, completion({ text: 'newer' }));
    expect((await second).body.toString()).toContain('newer');
    answer(older, completion({ text: 'older' }));
    at(0).process.child.kill('SIGCONT');
    expect((await first).body.toString()).toContain('older');
    for (let index = 0; index < 4; index++) {
      const reply = await body(index);
      expect(status(reply)).toContain('hit');
      expect(reply.body.toString()).toContain('newer');
    }
    expect(provider.calls.length).toBe(2);
    expect(await keys('*:lease')).toEqual([]);
  });
});
