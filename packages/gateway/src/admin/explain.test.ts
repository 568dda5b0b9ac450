import { AskonceError } from 'askonce';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { usualRouting } from '../../../../test/support/routing.ts';
import { explainedRequest, requestOf } from './explain.ts';

const adminKey = 'the-key-of-all-admin-calls';
const explained = z.looseObject({ kind: z.string(), key: z.string().optional() });

it('a request is explained as it would be answered: a miss, then a hit under the same key, without the provider', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Paris.') }));
  const gateway = await gatewayForTest(provider.url, { adminKey });
  const body = chatRequest('What is the capital of France?');
  const explain = async (request: unknown) => {
    const answer = await gateway.ask('/cache/explain', JSON.stringify(request), {
      authorization: `Bearer ${adminKey}`,
    });
    return { status: answer.status, ...explained.parse(JSON.parse(answer.body.toString())) };
  };
  const headers = { Authorization: 'Bearer sk-test' };
  const request = { path: '/v1/chat/completions', headers, body: JSON.parse(body) };
  expect(await explain(request)).toMatchObject({ status: 200, kind: 'miss', reason: 'credential' });

  const answered = await gateway.ask('/v1/chat/completions', body);
  const found = await explain(request);
  expect(found).toMatchObject({ kind: 'hit', tier: 'memory', fresh: true });
  expect(found.key).toBe(answered.headers['askonce-key']);
  expect(await explain({ ...request, body })).toMatchObject({ kind: 'hit' });
  expect(await explain({ ...request, headers: { authorization: 'Bearer sk-eve' } })).toMatchObject({
    kind: 'miss',
  });
  expect(await explain({ ...request, headers: { ...headers, 'askonce-sensitive': 'on' } })).toEqual({
    status: 200,
    kind: 'bypass',
    reason: 'sensitive',
  });
  expect(provider.seen).toHaveLength(1);
});

const chat = { headers: {}, body: {} };

it.each(['/v1/models', '/cache/stats', '/v1/chat/completions/x', '/openai/v1/chat/completions'])(
  'the path %s is refused, because its answers are not cached',
  (path) => {
    expect(() => requestOf({ ...chat, path }, usualRouting)).toThrow(AskonceError);
  },
);

it('header names have no case, and a query stays with its request', () => {
  const request = explainedRequest.parse({
    path: '/v1/messages?beta=true',
    headers: { 'Anthropic-Version': '2023-06-01' },
    body: { model: 'claude-x' },
  });
  expect(requestOf(request, usualRouting)).toMatchObject({
    protocol: 'anthropic-messages',
    route: '/v1/messages',
    query: 'beta=true',
    headers: { 'anthropic-version': '2023-06-01' },
  });
});
