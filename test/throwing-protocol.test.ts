/** A protocol of the caller's own that throws where it must not: no request waits without end, and most are answered. */
import { createCache, type ObservedEvent } from 'askonce';
import { pushedBody } from 'askonce/gateway-kit';
import { expect, it } from 'vitest';
import { answer, chat } from './support/chat.ts';
import { gatedProvider, settled, textOf } from './support/gated-provider.ts';
import { linesVendor } from './support/vendor-protocols.ts';

function thrower(): never {
  throw new Error('a protocol with a fault');
}

it('a protocol that throws as it reads answers costs the cache an entry, never an answer', async () => {
  const events: ObservedEvent[] = [];
  const { provider, call } = gatedProvider();
  const cache = createCache({
    protocols: {
      lines: {
        ...linesVendor,
        assess: thrower,
        convert: thrower,
        readAnswer: thrower,
        errorKind: thrower,
      },
    },
    settings: { negativeCache: true },
    observe: (event) => events.push(event),
  });
  const request = {
    ...chat(),
    protocol: 'lines',
    route: '/models/small/chat',
    body: JSON.stringify({ text: 'Hello?', stream: false }),
  };
  for (const [index, status] of [500, 400, 200].entries()) {
    const asked = cache.ask(request, provider);
    await settled();
    answer(call(index), `{"text":"number ${index}"}`, status);
    const reply = await asked;
    expect([reply.status, await textOf(reply)]).toEqual([status, `{"text":"number ${index}"}`]);
  }
  await settled();
  expect(events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))).toContain('unreadable');
  expect(events.some(({ type }) => type === 'negative' || type === 'store-trouble')).toBe(false);
  await cache.close();
});

it.each(['pushed', 'pulled'] as const)(
  'a framing that throws fails a %s stream, and no request waits for it',
  async (kind) => {
    let hasLeft = false;
    let calls = 0;
    const framing = { ...linesVendor.framing, cutter: () => ({ push: thrower, finish: thrower }) };
    const cache = createCache({ protocols: { lines: { ...linesVendor, framing } } });
    const piece = Buffer.from('{"text":"a"}\n');
    const bodies = {
      pushed() {
        const body = pushedBody({ pause() {}, resume() {}, left: () => (hasLeft = true) });
        setImmediate(() => body.write(piece));
        return body.live;
      },
      async *pulled() {
        try {
          yield piece;
        } finally {
          hasLeft = true;
        }
      },
    };
    const request = {
      ...chat(),
      protocol: 'lines',
      route: '/models/small/chat',
      body: JSON.stringify({ text: 'Hello?', stream: true }),
    };
    for (let turn = 1; turn <= 2; turn++) {
      hasLeft = false;
      const reply = await cache.ask(request, async () => {
        calls++;
        return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: bodies[kind]() };
      });
      await expect(textOf(reply)).rejects.toMatchObject({ code: 'provider_broke_off' });
      expect({ calls, hasLeft, flights: (await cache.statistics()).flights }).toEqual({
        calls: turn,
        hasLeft: true,
        flights: 0,
      });
    }
    await cache.close();
  },
);
