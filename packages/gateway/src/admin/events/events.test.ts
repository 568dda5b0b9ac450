import type { ServerResponse } from 'node:http';
import type { ObservedEvent } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gatewayForTest, json } from '../../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../../test/support/remembering-provider.ts';
import type { SendAnswer } from '../route.ts';
import { eventFeed, mostInTick, mostListeners, tickMs } from './feed.ts';
import { eventRoute } from './routes.ts';
import { openStream } from './stream.ts';

const adminKey = 'the-key-of-all-admin-calls';
const removed: ObservedEvent = { type: 'removed', cause: 'expired', entries: 1 };
const invalidated: ObservedEvent = { type: 'invalidated', cause: 'asked', removed: 1 };

interface Message {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

async function started() {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('The answer.') }));
  const gateway = await gatewayForTest(provider.url, { adminKey });
  async function ask(question: string, headers: Record<string, string> = {}): Promise<void> {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: chatRequest(question),
    });
    await response.text();
  }
  async function follow(query = '', headers: Record<string, string> = {}) {
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const response = await fetch(`${gateway.url}/cache/events${query}`, {
      headers: { authorization: `Bearer ${adminKey}`, ...headers },
      signal: leaving.signal,
    });
    return { response, messages: messagesOf(response), leave: () => leaving.abort() };
  }
  return { gateway, ask, follow };
}

async function* messagesOf({ body }: Response): AsyncGenerator<Message> {
  let text = '';
  if (body === null) return;
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1];
      const data = field('data');
      if (data !== undefined) yield { id: field('id'), event: field('event') ?? 'message', data };
    }
  }
}

/** The messages up to and including the first of a type. */
async function upTo(messages: AsyncGenerator<Message>, type: string): Promise<readonly Message[]> {
  const got: Message[] = [];
  for (;;) {
    const { value, done } = await messages.next();
    if (done === true) return got;
    got.push(value);
    if (value.event === type) return got;
  }
}

describe('the stream of events', () => {
  it('a stream has the outcomes and keys of requests, without text or names', async () => {
    const { ask, follow } = await started();
    const { response, messages } = await follow();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const headers = {
      'askonce-user': 'ada.lovelace',
      'askonce-tenant': 'acme',
      'askonce-tags': 'team=babbage',
    };
    await ask('a secret question', headers);
    await ask('a secret question', headers);
    const got = await upTo(messages, 'hit');
    expect(got.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['miss', 'provider-call', 'stored', 'answered', 'hit']),
    );
    const hit = JSON.parse(got.at(-1)?.data ?? '{}');
    expect(hit).toMatchObject({
      type: 'hit',
      fresh: true,
      key: expect.stringContaining(':v1:'),
      at: expect.any(String),
    });
    expect(JSON.stringify(got)).not.toMatch(/secret|lovelace|acme|babbage|The answer/);
  });

  it('a stream has only the types that were asked for, and an unknown type is a 400', async () => {
    const { ask, follow } = await started();
    const { messages } = await follow('?types=hit,bypass&types=stored');
    await ask('a');
    await ask('a');
    expect((await upTo(messages, 'hit')).map(({ event }) => event)).toEqual(['stored', 'hit']);
    expect((await follow('?types=nothing')).response.status).toBe(400);
    expect((await follow('?other=1')).response.status).toBe(400);
  });

  it('a stream that begins anew has what came meanwhile, and a gap is reported', async () => {
    const { ask, follow } = await started();
    const first = await follow('?types=hit&types=stored');
    await ask('a');
    const [stored] = await upTo(first.messages, 'stored');
    const other = await follow('?types=hit');
    first.leave();
    await ask('a');
    await upTo(other.messages, 'hit');
    const again = await follow('?types=hit&types=stored', { 'last-event-id': stored?.id ?? '' });
    expect((await upTo(again.messages, 'hit')).map(({ event }) => event)).toEqual(['hit']);
    const late = await follow('', { 'last-event-id': 'abc-1' });
    expect(await upTo(late.messages, 'dropped')).toEqual([
      { id: undefined, event: 'dropped', data: '{"gap":true}' },
    ]);
  });

  it('streams beyond the most are a 429', async () => {
    const { follow } = await started();
    for (const _one of Array.from({ length: mostListeners }))
      expect((await follow()).response.status).toBe(200);
    const { response } = await follow();
    expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
      429,
      '30',
      { error: { code: 'events_limited', message: expect.any(String) } },
    ]);
  });

  it('streams end when the gateway shuts down', async () => {
    const { gateway, follow } = await started();
    const { messages } = await follow();
    const [, left] = await Promise.all([gateway.close(), upTo(messages, 'never')]);
    expect(left.filter(({ event }) => event === 'never')).toEqual([]);
  });
});

/** A response of which a stream is written. */
function recordedResponse() {
  const written: string[] = [];
  const response = {
    destroyed: false,
    writableLength: 0,
    once: () => {},
    writeHead: () => {},
    write: (text: string) => written.push(text),
    end: () => written.push('end'),
  } satisfies Partial<Record<keyof ServerResponse, unknown>>;
  return { written, response };
}

describe('the caller of a stream', () => {
  const open = async (clock: ReturnType<typeof fakeClock>, expires: number | undefined) => {
    const { written, response } = recordedResponse();
    const caller = { name: 'ada', role: 'operator', credential: 'token', address: '127.0.0.1', expires };
    const context = { events: eventFeed(clock), clock };
    const send: SendAnswer = await Reflect.apply(eventRoute.answering, undefined, [
      context,
      { caller, requestId: 'r', query: {}, body: undefined },
    ]);
    Reflect.apply(send, undefined, [response, { requestId: 'r' }]);
    return written;
  };

  it('a stream ends once the token that opened it has expired', async () => {
    const clock = fakeClock();
    const written = await open(clock, clock.now() + 10 * tickMs);
    for (const _tick of Array.from({ length: 9 })) clock.advance(tickMs);
    expect(written).toEqual(['retry: 2000\n\n']);
    clock.advance(tickMs);
    expect(written.at(-1)).toBe('end');
  });

  it('a stream that was opened by a key goes on', async () => {
    const clock = fakeClock();
    const written = await open(clock, undefined);
    for (const _tick of Array.from({ length: 59 })) clock.advance(tickMs);
    expect(written).toEqual(['retry: 2000\n\n']);
  });
});

describe('the feed of events', () => {
  it('a flood of one type is cut, counted, and leaves room for the others', () => {
    const clock = fakeClock();
    const feed = eventFeed(clock);
    const events: string[] = [];
    const counts: unknown[] = [];
    const listening = feed.listen({
      event: ({ type }) => events.push(type),
      dropped: (dropped) => counts.push(dropped),
      tick: () => {},
    });
    for (const _one of Array.from({ length: 10_000 })) feed.observe(removed);
    feed.observe(invalidated);
    expect(events.length).toBe(mostInTick + 1);
    expect(events.at(-1)).toBe('invalidated');
    clock.advance(tickMs);
    expect(counts).toEqual([{ removed: 10_000 - mostInTick }]);
    feed.observe(removed);
    expect(events.length).toBe(mostInTick + 2);
    listening.stop();
  });

  it('without a listener no event is remembered, and half a minute after the last one all are forgotten', () => {
    const clock = fakeClock();
    const feed = eventFeed(clock);
    const ids: string[] = [];
    const listener = {
      event: ({ id }: { readonly id: string }) => ids.push(id),
      dropped: () => {},
      tick: () => {},
    };
    feed.observe(removed);
    const first = feed.listen(listener);
    feed.observe(removed);
    expect(ids.length).toBe(1);
    const [id = ''] = ids;
    first.stop();
    feed.observe(removed);
    const second = feed.listen(listener);
    expect(second.since(id)?.length).toBe(1);
    second.stop();
    for (const _one of Array.from({ length: 130 })) clock.advance(tickMs);
    expect(feed.listen(listener).since(id)).toBeUndefined();
  });

  it('a client that reads too slowly gets the number of the events that it missed, and never a growing buffer', () => {
    const clock = fakeClock();
    const feed = eventFeed(clock);
    const { written, response } = recordedResponse();
    let isEnding = false;
    const send = openStream({ feed, types: undefined, lastEventId: undefined, isEnding: () => isEnding });
    Reflect.apply(send, undefined, [response, { requestId: 'r' }]);
    response.writableLength = 1_000_000;
    for (const _one of Array.from({ length: 20 })) feed.observe(removed);
    clock.advance(tickMs);
    expect(written.length).toBe(1);
    response.writableLength = 0;
    clock.advance(tickMs);
    expect(written.at(-1)).toBe('event: dropped\ndata: {"events":{"removed":20}}\n\n');
    isEnding = true;
    clock.advance(tickMs);
    expect(written.at(-1)).toBe('end');
  });
});
