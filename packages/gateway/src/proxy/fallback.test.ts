import { expect, it } from 'vitest';
import { gatewayForTest, json } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import type { GatewaySettingsInput } from '../index.ts';

const sorry = { choices: [{ message: { role: 'assistant', content: 'Please ask later.' } }] };
const events = 'data: {"choices":[]}\n\ndata: [DONE]\n\n';

async function failing(fallbacks: GatewaySettingsInput['fallbacks'], status = 503) {
  const provider = await startRememberingProvider(() => ({
    status,
    body: '{"error":{"message":"overloaded"}}',
  }));
  const gateway = await gatewayForTest(provider.url, { fallbacks });
  return async (
    headers: Record<string, string> = {},
    more: Record<string, unknown> = {},
    path = 'chat/completions',
  ) => {
    const response = await fetch(`${gateway.url}/v1/${path}`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: chatRequest('Hello?', more),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      cacheStatus: response.headers.get('cache-status'),
      body: await response.text(),
    };
  };
}

it('the first matching fallback answers for a failing provider, as a body or as a stream', async () => {
  const ask = await failing([
    { protocol: 'anthropic-messages', body: { wrong: 'protocol' } },
    { category: 'greeting', status: 203, body: { right: 'category' } },
    { template: 'hello', body: { right: 'template' } },
    { model: 'gpt-4o', body: sorry, stream: events },
    { body: { wrong: 'comes too late' } },
  ]);
  const plain = { type: 'application/json', cacheStatus: 'askonce; fwd=miss; detail="fallback"' };
  expect(await ask()).toEqual({ ...plain, status: 200, body: JSON.stringify(sorry) });
  expect(await ask({ 'askonce-category': 'greeting' })).toMatchObject({
    status: 203,
    body: '{"right":"category"}',
  });
  expect(await ask({ 'askonce-template': 'hello@2' })).toMatchObject({ body: '{"right":"template"}' });
  expect(await ask({}, { stream: true })).toMatchObject({
    status: 200,
    type: 'text/event-stream',
    body: events,
  });
  expect(await ask({}, { max_tokens: 9 }, 'messages')).toMatchObject({ body: '{"wrong":"protocol"}' });
});

it('a fallback is not stored, so the provider is called again', async () => {
  let well = false;
  const provider = await startRememberingProvider(() =>
    well ? { body: chatAnswer('Hi.') } : { status: 500 },
  );
  const gateway = await gatewayForTest(provider.url, { fallbacks: [{ body: sorry }] });
  const ask = async () => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: json,
      body: chatRequest('Hello?'),
    });
    return await response.text();
  };
  expect(await ask()).toBe(JSON.stringify(sorry));
  well = true;
  expect(await ask()).toBe(chatAnswer('Hi.'));
});

it.each([
  ['no fallback matches', { category: 'other', body: sorry }, 503, { stream: false }],
  ['no fallback has a stream for a request that asks for one', { body: sorry }, 503, { stream: true }],
  ['the request itself is wrong', { body: sorry }, 400, { stream: false }],
])("if %s, the provider's own error is returned", async (_, fallback, status, more) => {
  const ask = await failing([fallback], status);
  expect(await ask({}, more)).toMatchObject({ status, body: '{"error":{"message":"overloaded"}}' });
});
