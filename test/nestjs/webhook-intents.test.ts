/** The webhook of `examples/webhook-intents`: what it takes, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { isSensitive } from '../../examples/webhook-intents/sensitive.ts';
import type { Label } from '../support/hotel-messages.ts';
import { delivery, startWebhook, textDelivery } from './webhook-set-up.ts';

const question = 'How much does a double room cost?';
const labels = new Map<string, Label>([
  [question, { intent: 'pricing', language: 'en' }],
  ['¿Hay habitaciones libres?', { intent: 'availability', language: 'es' }],
  ['My passport is X12345678. Is a room free?', { intent: 'availability', language: 'en' }],
]);
const from = '351912000000';
const prices = '{"single":80,"double":110}';

describe('the webhook', () => {
  it('a verification with the token is answered with its challenge, and any other with 403', async () => {
    const { app } = await startWebhook({ labels });
    const ask = async (query: Readonly<Record<string, string>>) => {
      const { statusCode, body, headers } = await app.inject({ url: '/webhook', query });
      return [statusCode, statusCode === 200 ? body : '', String(headers['content-type']).split(';')[0]];
    };
    const right = {
      'hub.mode': 'subscribe',
      'hub.verify_token': 'the verify token',
      'hub.challenge': '1158201444',
    };
    expect(await ask(right)).toEqual([200, '1158201444', 'text/plain']);
    for (const wrong of [
      { 'hub.verify_token': 'the verify tokem' },
      { 'hub.verify_token': '' },
      { 'hub.mode': 'x' },
    ])
      expect((await ask({ ...right, ...wrong }))[0]).toBe(403);
    expect((await ask({}))[0]).toBe(403);
  });

  it('a delivery that is not signed over its very bytes is refused with 401, and nothing of it is handled', async () => {
    const { deliver, app, idle, sent } = await startWebhook({ labels });
    const body = textDelivery({ id: 'a', from, text: question });
    for (const signature of ['', 'sha256=', `sha256=${'0'.repeat(64)}`, 'sha1=abc'])
      expect(await deliver(body, signature)).toBe(401);
    const { statusCode } = await app.inject({ method: 'POST', url: '/webhook', payload: body });
    await idle();
    expect([statusCode, sent]).toEqual([401, []]);
  });

  it('a body that is not signed is refused with 401 before it is parsed, and a signed one that is not JSON is acknowledged', async () => {
    const { deliver, app, model } = await startWebhook({ labels });
    const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'image/png'];
    for (const body of ['{"entry":', 'not JSON', '', '{"__proto__":{}}'])
      for (const type of types) {
        expect(await deliver(body, `sha256=${'0'.repeat(64)}`, type)).toBe(401);
        expect(await deliver(body, undefined, type)).toBe(200);
      }
    const untyped = await app.inject({ method: 'POST', url: '/webhook', payload: Buffer.from('{') });
    expect([untyped.statusCode, model.bodies]).toEqual([401, []]);
  });

  it('a message is answered behind the reply, and a second delivery of it is not handled again', async () => {
    const gate = Promise.withResolvers<void>();
    const sent: string[] = [];
    const { deliver, idle } = await startWebhook({
      labels,
      send: async (to, text) => {
        await gate.promise;
        sent.push(`${to}: ${text}`);
      },
    });
    const body = textDelivery({ id: 'wamid.1', from, text: question });
    expect([await deliver(body), await deliver(body)]).toEqual([200, 200]);
    expect(sent).toEqual([]);
    gate.resolve();
    await idle();
    expect(await deliver(body)).toBe(200);
    await idle();
    expect(sent).toEqual([`${from}: pricing ${prices} en`]);
  });

  it('statuses, other messages and bodies of another shape are acknowledged, and not handled', async () => {
    const { deliver, idle, model } = await startWebhook({ labels });
    const status = { id: 'wamid.1', recipient_id: from, status: 'delivered', timestamp: '1763289600' };
    const image = {
      id: 'wamid.2',
      from,
      timestamp: '1763289600',
      type: 'image',
      image: { id: '1', mime_type: 'image/jpeg' },
    };
    const bodies = [
      delivery({ statuses: [status] }),
      delivery({ messages: [image] }),
      { object: 'page', entry: [] },
      {},
      { entry: 7 },
    ];
    for (const body of bodies) expect(await deliver(body)).toBe(200);
    await idle();
    expect(model.bodies).toEqual([]);
  });

  it('what does not fit in the queue is refused with 503, and handled when it is delivered again', async () => {
    const gate = Promise.withResolvers<void>();
    const sent: string[] = [];
    const { deliver, idle } = await startWebhook({
      labels,
      queueLength: 3,
      send: async (_to, text) => {
        await gate.promise;
        sent.push(text);
      },
    });
    const message = (id: number) => textDelivery({ id: `${id}`, from, text: question });
    const statuses: number[] = [];
    // Four are worked on at once, and three wait.
    for (let id = 1; id <= 8; id++) statuses.push(await deliver(message(id)));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 503]);
    gate.resolve();
    await idle();
    expect(await deliver(message(8))).toBe(200);
    await idle();
    expect(sent).toHaveLength(8);
  });

  it('a message that fails is logged without its text, and the next ones are handled', async () => {
    const { deliver, idle, sent, logged } = await startWebhook({ labels });
    await deliver(
      textDelivery({ id: 'wamid.1', from, text: 'No label has this' }, { id: '2', from, text: question }),
    );
    await idle();
    expect(sent.map(({ text }) => text)).toEqual([`pricing ${prices} en`]);
    expect(logged).toEqual(['message wamid.1 was not answered: ZodError']);
  });

  it('messages beside one of another shape are answered', async () => {
    const { deliver, idle, sent } = await startWebhook({ labels });
    const text = (id: string, body: string) => ({ id, from, timestamp: '1', type: 'text', text: { body } });
    const odd = [
      { id: '2', type: 'unsupported' },
      text('3', 'a'.repeat(4097)),
      7,
      null,
      { ...text('4', 'x'), from: 1 },
    ];
    expect(await deliver(delivery({ messages: [...odd, text('1', question)] }))).toBe(200);
    await idle();
    expect(sent.map((one) => one.text)).toEqual([`pricing ${prices} en`]);
  });

  it('entries and changes of another shape take no message with them, and a delivery may have 3 MB', async () => {
    const { deliver, idle, sent } = await startWebhook({ labels });
    const { object, entry } = textDelivery({ id: '1', from, text: question });
    const [{ changes } = { changes: [] }] = entry;
    const other = [7, null, { field: 'account_update' }, { value: null }, { value: { messages: 'none' } }];
    const padding = 'x'.repeat(3_000_000);
    const body = { object, entry: [null, {}, { changes: 7 }, { changes: [...other, ...changes] }], padding };
    expect(await deliver(body)).toBe(200);
    await idle();
    expect(sent.map((one) => one.text)).toEqual([`pricing ${prices} en`]);
  });

  it.each([
    '(555) 123-4567',
    'call +1 (555) 123-4567',
    '4111\u00a01111\u00a01111\u00a01111',
    '4111\u20131111\u20131111\u20131111',
    '٠١٢٣٤٥٦٧٨٩',
  ])('the number %s is sensitive however it is written', (message) => {
    expect(isSensitive(message)).toBe(true);
  });

  it.each([
    '12.05.2026 or 13.05.2026?',
    '12/05/2026 - 15/05/2026',
    '2 rooms, 4 guests (2 of them under 10), 120 EUR',
  ])('the dates and counts of %s are not sensitive', (message) => {
    expect(isSensitive(message)).toBe(false);
  });

  it('a message is tried again if its reply is not sent, and answered when it is delivered again after the last attempt', async () => {
    let failures = 2;
    const replies: string[] = [];
    const { deliver, idle, logged } = await startWebhook({
      labels,
      send: async (_to, text) => {
        failures -= 1;
        if (failures >= 0) throw new TypeError('fetch failed');
        replies.push(text);
      },
    });
    const body = textDelivery({ id: 'wamid.1', from, text: question });
    const answered = async () => {
      await deliver(body);
      await idle();
      return replies.length;
    };
    expect([await answered(), await answered(), logged]).toEqual([1, 1, []]);
    failures = 3;
    const other = textDelivery({ id: 'wamid.2', from, text: question });
    await deliver(other);
    await idle();
    expect([replies.length, logged]).toEqual([1, ['message wamid.2 was not answered: TypeError']]);
    await deliver(other);
    await idle();
    expect(replies).toHaveLength(2);
  });

  it('a new price is in every reply from then on, and a sensitive message is in no entry', async () => {
    const { deliver, idle, sent, hotel, cache, model } = await startWebhook({ labels });
    const ask = async (id: string, text: string) => {
      await deliver(textDelivery({ id, from, text }));
      await idle();
      return sent.at(-1)?.text;
    };
    expect([await ask('1', question), await ask('2', question)]).toEqual(
      Array(2).fill(`pricing ${prices} en`),
    );
    expect(await hotel.setPrices({ double: 120 })).toBe(1);
    expect(await ask('3', question)).toBe('pricing {"double":120} en');
    expect([model.classified, model.replied]).toEqual([[question], ['pricing', 'pricing']]);
    await ask('4', 'My passport is X12345678. Is a room free?');
    const { entries } = await cache.page();
    expect(
      entries.map(({ meta }) => [meta.subject, meta.category ?? '', meta.semanticText ?? '']).sort(),
    ).toEqual([
      ['classify-1', '', question],
      ['reply-1', 'availability', ''],
      ['reply-1', 'pricing', ''],
    ]);
    const lifetimes = new Map(
      entries.map(({ meta }) => [meta.category, (meta.expires - meta.created) / 3_600_000]),
    );
    expect([lifetimes.get('pricing'), lifetimes.get('availability')]).toEqual([8 * 24, 2]);
  });
});
