/** A protocol of the caller's own that throws where it must not: requests are answered all the same. */
import { createCache, type ObservedEvent } from 'askonce';
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
