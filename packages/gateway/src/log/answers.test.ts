import type { ObservedEvent } from 'askonce';
import { expect, it } from 'vitest';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import { chatRequest, startRememberingProvider } from '../../../../test/support/remembering-provider.ts';
import { type AnsweredRequest, answerLog, lineOf } from './answers.ts';

function setUp() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log = answerLog({
    write: (fields) => lines.push(fields),
    writeHit: (request) => lines.push(lineOf(request, request.reply.usage)),
  });
  const facts = { protocol: 'openai-chat', provider: 'http://p', subject: 'm' };
  const usage = { inputTokens: 3, outputTokens: 5 };
  const events = {
    call: (requestId: string, cause: 'leader' | 'refresh' = 'leader'): ObservedEvent => ({
      ...{ ...facts, requestId, type: 'provider-call', cause, streamed: true },
    }),
    answer: (requestId: string, cause: 'leader' | 'refresh' = 'leader'): ObservedEvent => ({
      ...{ ...facts, requestId, type: 'provider-answer', cause, status: 200, durationMs: 1, bytes: 1, usage },
    }),
    failure: (requestId: string): ObservedEvent => ({
      ...{ ...facts, requestId, type: 'provider-failure', cause: 'leader', durationMs: 1 },
      code: 'provider_timeout',
    }),
  };
  const request = (requestId: string, cacheStatus?: AnsweredRequest['reply']['cacheStatus']) => ({
    path: '/v1/chat/completions',
    reply: {
      requestId,
      status: 200,
      cacheStatus: cacheStatus ?? { kind: 'forward', reason: 'miss' },
      usage: cacheStatus?.kind === 'hit' ? usage : undefined,
      key: `askonce:v1:${'a'.repeat(32)}:und:{${'0123456789abcdef'.repeat(4)}}`,
    } satisfies AnsweredRequest['reply'],
    headMs: 1.26,
    totalMs: 20,
  });
  return { lines, log, events, request };
}

it('the line of a hit has its outcome, its timings, its tokens and the end of its fingerprint', () => {
  const { lines, log, request } = setUp();
  log.answered(request('r', { kind: 'hit', ttl: 9, detail: 'memory' }));
  expect(lines).toEqual([
    {
      requestId: 'r',
      path: '/v1/chat/completions',
      status: 200,
      cache: 'hit memory',
      entry: '456789abcdef',
      headMs: 1.3,
      totalMs: 20,
      inputTokens: 3,
      outputTokens: 5,
    },
  ]);
});

it('the line of the request that called the provider waits for the tokens of the answer', () => {
  const { lines, log, events, request } = setUp();
  log.observe(events.call('early'));
  log.observe(events.answer('early'));
  log.answered(request('early'));
  log.observe(events.call('late'));
  log.answered(request('late', { kind: 'forward', reason: 'miss', stored: true }));
  expect(lines).toHaveLength(1);
  log.observe(events.answer('late'));
  expect(lines).toMatchObject([
    { requestId: 'early', cache: 'miss', outputTokens: 5 },
    { requestId: 'late', cache: 'miss stored', outputTokens: 5 },
  ]);
});

it('a call that fails, a refresh behind a reply and a shutdown hold no line back', () => {
  const { lines, log, events, request } = setUp();
  log.observe(events.call('failing'));
  log.answered(request('failing'));
  log.observe(events.failure('failing'));
  log.observe(events.call('stale', 'refresh'));
  log.answered(request('stale', { kind: 'forward', reason: 'bypass', detail: 'no-store' }));
  log.observe(events.answer('stale', 'refresh'));
  log.observe(events.call('last'));
  log.answered(request('last', { kind: 'forward', reason: 'miss', collapsed: true }));
  log.flush();
  expect(lines.map(({ requestId, cache, inputTokens }) => [requestId, cache, inputTokens])).toEqual([
    ['failing', 'miss', undefined],
    ['stale', 'bypass no-store', undefined],
    ['last', 'miss collapsed', undefined],
  ]);
});

it('a gateway logs one line for each request at info, without its prompt, and none at warn', async () => {
  const body = JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'the-answer' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
  });
  const provider = await startRememberingProvider(() => ({ body }));
  const gateway = await gatewayForTest(provider.url, { logLevel: 'info' });
  const quiet = await gatewayForTest(provider.url, { logLevel: 'warn' });
  for (const one of [gateway, quiet]) {
    await one.ask('/v1/chat/completions', chatRequest('the-prompt'));
    await one.happened('stored', 1);
    await one.ask('/v1/chat/completions', chatRequest('the-prompt'));
    await one.ask('/v1/chat/completions', 'no JSON');
    await one.ask('/v1/files', '{}');
    await one.close();
  }
  const lines = gateway.log.map((line) => JSON.parse(line)).filter(({ path }) => path !== undefined);
  expect(lines).toMatchObject([
    {
      level: 30,
      msg: 'answered',
      cache: expect.stringMatching(/^miss/),
      inputTokens: 7,
      outputTokens: 2,
    },
    { level: 30, msg: 'answered', cache: 'hit memory', inputTokens: 7, requestId: expect.any(String) },
    { level: 30, code: 'invalid_json' },
    { level: 30, msg: 'passed through', path: '/v1/files' },
  ]);
  expect(gateway.log.join('')).not.toMatch(/the-prompt|the-answer|sk-test|askonce:v1/);
  expect(quiet.log.filter((line) => line.includes('"path"'))).toEqual([]);
});
