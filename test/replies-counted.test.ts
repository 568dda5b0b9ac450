/**
 * A gateway counts how its replies end, and whose fault an error is.
 */
import { request } from 'undici';
import { expect, it } from 'vitest';
import { gatewayForTest, json } from './support/gateway.ts';
import { sampleIn } from './support/metrics-set-up.ts';
import { chatAnswer, chatRequest, startProvider } from './support/remembering-provider.ts';

const path = '/v1/chat/completions';
const adminKey = 'an-admin-key-of-a-test';

/** Answers, but not what asks it to break off, or to hang. */
async function moodyProvider(): Promise<string> {
  return await startProvider((asked, response) => {
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (text.includes('hang')) return;
      if (text.includes('break off') || asked.url === '/v1/files') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
        response.write('{"id":');
        setImmediate(() => response.destroy());
        return;
      }
      response.writeHead(text.includes('refuse') ? 400 : 200, { 'content-type': 'application/json' });
      response.end(chatAnswer('Yes.'));
    });
  });
}

async function started() {
  const gateway = await gatewayForTest(await moodyProvider(), { adminKey, firstByteTimeoutMs: 30_000 });
  const scraped = async () => await (await fetch(`${gateway.url}/metrics`)).text();
  const faults = async () => {
    const text = await scraped();
    const of = (fault: string) => sampleIn(text, `askonce_replies_total{fault="${fault}"}`);
    return { none: of('none'), client: of('client'), provider: of('provider'), gateway: of('gateway') };
  };
  const code = async (name: string) =>
    sampleIn(await scraped(), `askonce_error_replies_total{code="${name}"}`);
  return { gateway, faults, code };
}

it('an answer of the cache or the provider is no error, whatever its status', async () => {
  const { gateway, faults } = await started();
  for (const question of ['One?', 'One?', 'refuse this']) await gateway.ask(path, chatRequest(question));
  await gateway.ask('/v1/moderations', '{}');
  await expect.poll(faults).toEqual({ none: 4, client: 0, provider: 0, gateway: 0 });
});

it('a wrong request is the fault of the client', async () => {
  const { gateway, faults, code } = await started();
  await gateway.ask(path, 'no JSON');
  await gateway.ask('/nowhere', '{}');
  await expect.poll(faults).toEqual({ none: 0, client: 2, provider: 0, gateway: 0 });
  expect([await code('route_unknown'), await code('internal')]).toEqual([1, 0]);
});

it('a client that leaves is no error of the gateway', async () => {
  const { gateway, faults } = await started();
  const leaving = new AbortController();
  const asked = request(gateway.url + path, {
    method: 'POST',
    headers: json,
    body: chatRequest('hang'),
    signal: leaving.signal,
  });
  await gateway.happened('provider-call', 1);
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await expect.poll(faults).toEqual({ none: 0, client: 1, provider: 0, gateway: 0 });
});

it('a provider that breaks off is at fault, on cached routes and on others', async () => {
  const { gateway, faults } = await started();
  await gateway.ask(path, chatRequest('break off')).catch(() => {});
  await gateway.ask('/v1/files', '{}').catch(() => {});
  await expect.poll(faults).toEqual({ none: 0, client: 0, provider: 2, gateway: 0 });
});

it('errors of admin calls are counted by their code alone', async () => {
  const { gateway, faults, code } = await started();
  await fetch(`${gateway.url}/cache/health`, { headers: { authorization: 'Bearer wrong' } });
  await expect.poll(() => code('admin_unauthorized')).toBe(1);
  expect(await faults()).toEqual({ none: 0, client: 0, provider: 0, gateway: 0 });
});
