/**
 * The traces of a gateway as users run it, as a collector gets them.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type GatewayProcess, running, startGatewayProcess } from './support/gateway-process.ts';
import { type OtlpReceiver, startOtlpReceiver } from './support/otlp-receiver.ts';
import { chatAnswer, startProvider, startRememberingProvider } from './support/remembering-provider.ts';
import { type RecordedSpan, unknownAttributes } from './support/spans.ts';

const caller = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;
const chat = (question: string, more: object = {}) =>
  JSON.stringify({ model: 'gpt-x', messages: [{ role: 'user', content: question }], ...more });
const path = '/v1/chat/completions';

async function gatewayBefore(
  provider: string,
  environment: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'askonce-traces-'));
  const gateway = running(await startGatewayProcess({ dataDir, provider, environment }));
  onTestFinished(async () => {
    await gateway.end('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });
  return gateway;
}

function tracedBy(receiver: OtlpReceiver, environment: Readonly<Record<string, string>> = {}) {
  return {
    ASKONCE_TRACES: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: '20',
    ...environment,
  };
}

const of = (traceId: string, spans: readonly RecordedSpan[]) =>
  spans.filter((one) => one.traceId === traceId).toSorted((one, other) => one.start - other.start);
const isServer = ({ kind }: RecordedSpan) => kind === 'SERVER';

describe('a gateway that is traced', () => {
  it('the trace of each request is that of its caller, and goes on at the provider', async () => {
    const provider = await startRememberingProvider((seen) =>
      seen.body.includes('wrong')
        ? { status: 400, body: '{"error":{"message":"no","type":"invalid_request_error"}}' }
        : { body: chatAnswer('the-answer') },
    );
    const receiver = await startOtlpReceiver();
    const gateway = await gatewayBefore(
      provider.url,
      tracedBy(receiver, {
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-key',
        OTEL_SERVICE_NAME: 'cache-of-a-test',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
      }),
    );
    const ids = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(32));
    const [miss = '', hit = '', bypass = '', wrong = '', passed = ''] = ids;
    const parent = (traceId: string) => ({ traceparent: `00-${traceId}-${caller.spanId}-01` });
    await gateway.ask(path, chat('the-prompt'), { ...parent(miss), tracestate: 'v=1', baggage: 'a=b' });
    await gateway.ask(path, chat('the-prompt'), parent(hit));
    await gateway.ask(path, chat('the-prompt'), { ...parent(bypass), 'cache-control': 'no-store' });
    await gateway.ask(path, chat('wrong'), parent(wrong));
    await gateway.ask('/v1/files?key=the-query', '{}', parent(passed));
    await receiver.found((spans) => (spans.filter(isServer).length >= 5 ? true : undefined));
    await gateway.end('SIGTERM');
    const { spans } = receiver;
    const named = (traceId: string) => of(traceId, spans).map(({ name }) => name);
    expect(named(miss)).toEqual([`POST ${path}`, 'askonce lookup', 'chat gpt-x', 'askonce store']);
    expect(named(hit)).toEqual([`POST ${path}`, 'askonce lookup']);
    expect(named(bypass)).toEqual([`POST ${path}`, 'askonce lookup', 'chat gpt-x']);
    expect(named(wrong)).toEqual([`POST ${path}`, 'askonce lookup', 'chat gpt-x']);
    expect(named(passed)).toEqual(['POST /v1/*', 'POST']);
    for (const traceId of ids) {
      const [server, ...below] = of(traceId, spans);
      expect(server?.parentSpanId).toBe(caller.spanId);
      for (const one of below) {
        expect(one.parentSpanId).toBe(server?.spanId);
        expect(one.start).toBeGreaterThanOrEqual(server?.start ?? Number.NaN);
        // An answer is stored, and its call reported, behind the reply.
        if (one.name === 'askonce lookup') expect(one.end).toBeLessThanOrEqual(server?.end ?? Number.NaN);
      }
    }
    const [server] = of(hit, spans);
    expect(server?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': path,
      'http.response.status_code': 200,
      'url.path': path,
      'askonce.outcome': 'hit',
      'askonce.detail': 'memory',
    });
    // The provider is called below the span of the call; baggage is passed on as it came.
    const sent = provider.seen.map(({ headers }) => headers['traceparent']);
    const clients = [miss, bypass, wrong, passed].map((id) =>
      of(id, spans).find(({ kind }) => kind === 'CLIENT'),
    );
    expect(sent).toEqual(clients.map((one) => `00-${one?.traceId}-${one?.spanId}-01`));
    expect(provider.seen[0]?.headers).toMatchObject({ tracestate: 'v=1', baggage: 'a=b' });
    expect(unknownAttributes(spans)).toEqual([]);
    expect(receiver.text).not.toMatch(/the-prompt|the-answer|the-query|sk-test|collector-key/);
    expect(gateway.err).not.toContain('collector-key');
    expect(receiver.headers[0]?.authorization).toBe('Bearer collector-key');
    expect(receiver.resources[0]).toMatchObject({
      'service.name': 'cache-of-a-test',
      'deployment.environment.name': 'test',
      'telemetry.sdk.language': 'nodejs',
    });
  });

  it('followers have a link to the call that answers them, and a client that leaves is noted', async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const provider = await startProvider((request, response) => {
      request.resume();
      request.on('end', () => {
        void go.then(() => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(chatAnswer('x'));
        });
      });
    });
    const receiver = await startOtlpReceiver();
    const gateway = await gatewayBefore(provider, tracedBy(receiver));
    const leader = gateway.ask(path, chat('q'));
    const follower = gateway.ask(path, chat('q'), { traceparent });
    const leaving = new AbortController();
    const left = fetch(gateway.url + path, {
      method: 'POST',
      body: chat('another'),
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test' },
      signal: leaving.signal,
    });
    // All three have been looked up.
    await receiver.found((spans) =>
      spans.filter(({ name }) => name === 'askonce lookup').length === 3 ? true : undefined,
    );
    leaving.abort();
    await expect(left).rejects.toThrow();
    const gone = await receiver.found((spans) => spans.find(isServer));
    expect(gone.attributes['askonce.client_gone']).toBe(true);
    expect(gone.isError).toBe(false);
    resolve();
    await Promise.all([leader, follower]);
    const follow = await receiver.found((spans) => spans.find(({ name }) => name === 'askonce follow'));
    const call = await receiver.found((spans) =>
      spans.find(({ name, spanId }) => name === 'chat gpt-x' && follow.links.includes(spanId)),
    );
    expect(follow.traceId).toBe(caller.traceId);
    expect(call.traceId).not.toBe(caller.traceId);
  });

  it('a trace that the caller does not sample is not recorded, and the provider learns so', async () => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
    const receiver = await startOtlpReceiver();
    const gateway = await gatewayBefore(provider.url, tracedBy(receiver));
    await gateway.ask(path, chat('unseen'), { traceparent: `00-${caller.traceId}-${caller.spanId}-00` });
    await gateway.ask(path, chat('seen'), { traceparent: 'malformed', tracestate: 'v=1' });
    const seen = await receiver.found((spans) => spans.find(isServer));
    await gateway.end('SIGTERM');
    expect(of(caller.traceId, receiver.spans)).toEqual([]);
    expect(provider.seen[0]?.headers['traceparent']).toMatch(new RegExp(`^00-${caller.traceId}-.{16}-00$`));
    expect(seen.parentSpanId).toBeUndefined();
    expect(provider.seen[1]?.headers['traceparent']).toMatch(new RegExp(`^00-${seen.traceId}-`));
    expect(provider.seen[1]?.headers['tracestate']).toBeUndefined();
  });

  it('a collector that is dead costs no answer and one line a minute, and the gateway stops in time', async () => {
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
    const gateway = await gatewayBefore(provider.url, {
      ASKONCE_TRACES: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '50',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    });
    for (const question of ['a', 'b', 'c', 'd'])
      expect((await gateway.ask(path, chat(question))).status).toBe(200);
    const end = await gateway.end('SIGTERM');
    expect(end.code).toBe(0);
    expect(gateway.err.match(/spans could not be sent/g)).toHaveLength(1);
  });
});

it('nothing of OpenTelemetry is loaded by a gateway that is not traced, and its own headers pass', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
  const hook = fileURLToPath(new URL('support/loaded-modules.mjs', import.meta.url));
  const receiver = await startOtlpReceiver();
  const environment = { NODE_OPTIONS: `--import=${hook}` };
  const off = await gatewayBefore(provider.url, environment);
  const disabled = { ...environment, ...tracedBy(receiver), OTEL_SDK_DISABLED: 'true' };
  const alsoOff = await gatewayBefore(provider.url, disabled);
  const on = await gatewayBefore(provider.url, { ...environment, ...tracedBy(receiver) });
  for (const gateway of [off, alsoOff, on]) {
    await gateway.ask(path, chat('q'), { traceparent });
    await gateway.end('SIGTERM');
  }
  expect(off.err).not.toContain('@opentelemetry');
  expect(alsoOff.err).not.toContain('@opentelemetry');
  expect(on.err).toContain('@opentelemetry/sdk-trace');
  expect(provider.seen[0]?.headers['traceparent']).toBe(traceparent);
});
