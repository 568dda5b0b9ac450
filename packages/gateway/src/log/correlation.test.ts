import { expect, it } from 'vitest';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { correlationOf } from './correlation.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

it('ids of the caller are those that have the shape of an id', () => {
  expect(correlationOf({ traceparent, 'x-request-id': 'abc-1' })).toEqual({
    traceId,
    callerRequestId: 'abc-1',
  });
  expect(correlationOf({ traceparent }, 'another')).toEqual({ traceId: 'another' });
  expect(correlationOf({ 'x-correlation-id': 'c' })).toEqual({ callerRequestId: 'c' });
  expect(correlationOf({ traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` })).toEqual({});
  expect(correlationOf({ 'x-request-id': 'what is the capital?' })).toEqual({});
  expect(correlationOf({ 'x-request-id': 'x'.repeat(129) })).toEqual({});
  expect(correlationOf({})).toEqual({});
});

it('each line of a request has the ids of its caller, whatever becomes of the request', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
  const gateway = await gatewayForTest(provider.url, {
    logLevel: 'info',
    adminKey: 'the-key-of-all-admin-calls',
  });
  const path = '/v1/chat/completions';
  const asked = (own: string, more = {}) => ({ traceparent, 'x-request-id': own, ...more });
  await gateway.ask(path, chatRequest('q'), asked('miss'));
  await gateway.happened('stored', 1);
  await gateway.ask(path, chatRequest('q'), asked('hit'));
  await gateway.ask(path, chatRequest('q'), asked('hit-again'));
  await gateway.ask(path, chatRequest('q'), asked('bypass', { 'cache-control': 'no-store' }));
  await gateway.ask(path, 'no JSON', asked('refused'));
  await gateway.ask('/v1/files', '{}', asked('passed'));
  await gateway.ask('/nowhere', '{}', asked('unknown'));
  const key = { authorization: 'Bearer the-key-of-all-admin-calls' };
  await gateway.ask('/cache/invalidate', '{"model":"m"}', asked('admin', key));
  await gateway.ask('/cache/nothing', '{}', asked('no-call', key));
  await gateway.close();
  const lines = gateway.log.map((line) => JSON.parse(line)).filter((line) => line.callerRequestId);
  const of = (own: string) => lines.filter((line) => line.callerRequestId === own);
  for (const own of [
    'miss',
    'hit',
    'hit-again',
    'bypass',
    'refused',
    'passed',
    'unknown',
    'admin',
    'no-call',
  ]) {
    expect([own, of(own).length > 0]).toEqual([own, true]);
    expect(of(own)).toEqual(
      of(own).map(() => expect.objectContaining({ traceId, requestId: expect.any(String) })),
    );
  }
});
