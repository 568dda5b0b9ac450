import { cachedRoutes } from 'askonce/gateway-kit';
import fc from 'fast-check';
import { Pool } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import {
  chatAnswer,
  chatRequest,
  json,
  startRememberingProvider,
  startTestGateway,
} from '../../test-kit/gateway.ts';

const bodies = 10_000;
const atOnce = 50;

const providersOwn = JSON.stringify({
  error: { message: 'no', type: 'invalid_request_error', param: null, code: 'own' },
});

const wrongMessage = fc.oneof(
  fc.constant(null),
  fc.jsonValue(),
  fc.record({ role: fc.jsonValue(), content: fc.jsonValue() }),
);

/** Bodies that are nearly requests: wrong types, unknown fields, cut text, raw bytes, numbers beyond bounds. */
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .record({
      model: fc.oneof(fc.constant('gpt-4o'), fc.jsonValue()),
      messages: fc.oneof(fc.array(wrongMessage, { maxLength: 3 }), fc.jsonValue()),
      input: fc.jsonValue(),
      prompt: fc.jsonValue(),
      stream: fc.oneof(fc.boolean(), fc.jsonValue()),
      max_tokens: fc.oneof(fc.maxSafeInteger(), fc.double(), fc.jsonValue()),
      tools: fc.jsonValue(),
      ['__proto__']: fc.jsonValue(),
    })
    .map((value) => Buffer.from(JSON.stringify(value))),
  fc
    .tuple(
      fc.nat(200),
      fc.constantFrom('1e999', '12345678901234567890', '"\\ud800"', '{"__proto__":1}', '[', '}', '\u0000'),
    )
    .map(([at, inserted]) => {
      const text = chatRequest('hello');
      return Buffer.from(text.slice(0, at % text.length) + inserted + text.slice(at % text.length));
    }),
);

it('ten thousand fuzzed bodies: a 4xx in the protocol’s shape or the provider’s own answer, and nothing kept', async () => {
  const provider = await startRememberingProvider(({ body: asked }) =>
    asked.includes('"the last question"')
      ? { body: chatAnswer('fine') }
      : { status: 400, body: providersOwn },
  );
  const gateway = await startTestGateway(provider.url, { logLevel: 'warn' });
  const pool = new Pool(gateway.url, { connections: atOnce });
  onTestFinished(() => pool.destroy());
  const samples = fc.sample(body, { numRuns: bodies, seed: 42 });
  const wrong: unknown[] = [];

  async function one(bytes: Buffer, index: number): Promise<void> {
    const route = cachedRoutes[index % cachedRoutes.length];
    const answer = await pool.request({
      method: 'POST',
      path: route?.path ?? '',
      headers: json,
      body: bytes,
    });
    const text = await answer.body.text();
    const kept = /hit|stored/.test(String(answer.headers['cache-status']));
    const shaped = text === providersOwn || /^\{"(?:type":"error",")?error":\{/.test(text);
    if (answer.statusCode < 400 || answer.statusCode > 499 || kept || !shaped)
      wrong.push({ status: answer.statusCode, text, kept, sent: bytes.toString('latin1') });
  }

  for (let from = 0; from < samples.length; from += atOnce)
    await Promise.all(samples.slice(from, from + atOnce).map((bytes, index) => one(bytes, from + index)));
  expect(samples).toHaveLength(bodies);
  expect(wrong).toEqual([]);

  const deep = await pool.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: json,
    body: `{"model":"m","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  });
  expect([deep.statusCode, await deep.body.json()]).toMatchObject([
    400,
    { error: { code: 'request_too_deep' } },
  ]);
  const last = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: json,
    body: chatRequest('the last question'),
  });
  expect(await last.text()).toBe(chatAnswer('fine'));
  expect(gateway.log.filter((line) => line.includes('"level":50'))).toEqual([]);
}, 120_000);
