import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { lockedByAnother } from './support/file-lock.ts';
import { cacheStatusHeader, type Exchange, startTestGateway } from './support/gateway.ts';
import {
  type GatewayProcess,
  type GatewayProcessOptions,
  running,
  startGatewayProcess,
} from './support/gateway-process.ts';
import { listen } from './support/listener.ts';
import {
  expectRight,
  isHit,
  type NamingProvider,
  type NamingProviderOptions,
  namedQuestion,
  startNamingProvider,
} from './support/naming-provider.ts';

let dataDir = '';

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'askonce-durability-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function naming(options: NamingProviderOptions = {}): Promise<NamingProvider> {
  const provider = await startNamingProvider(options);
  onTestFinished(() => provider.close());
  return provider;
}

async function started(
  { url }: NamingProvider,
  options: Partial<GatewayProcessOptions> = {},
): Promise<GatewayProcess> {
  const gateway = running(await startGatewayProcess({ dataDir, provider: url, ...options }));
  onTestFinished(async () => {
    await gateway.end('SIGKILL');
  });
  return gateway;
}

type Asking = Pick<GatewayProcess, 'ask'>;

function ask({ ask: post }: Asking, text: string, form: 'body' | 'stream+usage' = 'body'): Promise<Exchange> {
  const { path, body } = namedQuestion(text, form);
  return post(path, body);
}

const names = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => prefix + index);

it('answers are served from SQLite after a restart, in either form and with the credential still accepted', async () => {
  const provider = await naming();
  const first = await started(provider);
  const before = [await ask(first, 'body'), await ask(first, 'stream', 'stream+usage')];
  expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null });

  const second = await started(provider);
  const after = [await ask(second, 'body'), await ask(second, 'stream', 'stream+usage')];
  for (const [index, exchange] of after.entries()) {
    expect(cacheStatusHeader(exchange)).toMatch(/^askonce; hit; ttl=\d+; detail="sqlite"$/);
    expect(exchange.body.equals(before[index]?.body ?? Buffer.of())).toBe(true);
    expect(exchange.headers['askonce-key']).toBe(before[index]?.headers['askonce-key']);
  }
  const converted = await ask(second, 'body', 'stream+usage');
  expect(cacheStatusHeader(converted)).toContain('detail="converted"');
  expect(converted.body.toString()).toMatch(/Answer 1 to body\..*data: \[DONE\]\n\n$/s);
  expect(cacheStatusHeader(await ask(second, 'stream'))).toContain('detail="converted"');
  expect(provider.calls).toBe(2);

  const { path, body } = namedQuestion('body');
  const stranger = await second.ask(path, body, { authorization: 'Bearer sk-stranger' });
  expect(isHit(stranger)).toBe(false);
}, 60_000);

it('after kill -9 at any moment each question is a correct hit or a miss, and what was durable is a hit', async () => {
  const provider = await naming({ padding: 20_000 });
  const durable = names(20, 'durable-');
  const first = await started(provider);
  for (const text of durable) await ask(first, text);
  await first.end('SIGTERM');

  const asked: string[] = [];
  let gateway = await started(provider);
  for (let round = 0; round < 5; round++) {
    const killed = gateway;
    let toGo = randomInt(5, 200);
    const workers = names(8, `${round}-`).map(async (worker) => {
      for (let number = 0; toGo > 0; number++) {
        const text = `${worker}-${number}`;
        asked.push(text);
        const exchange = await ask(killed, text, number % 2 === 0 ? 'body' : 'stream+usage');
        expectRight(provider, text, exchange);
        if (--toGo === 0) killed.child.kill('SIGKILL');
      }
    });
    const outcomes = await Promise.allSettled(workers);
    killed.child.kill('SIGKILL');
    expect(await killed.ended).toEqual({ code: null, signal: 'SIGKILL' });
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    for (const { reason } of failures)
      expect(String(reason)).toMatch(/SocketError|ECONNRE|other side closed/);

    gateway = await started(provider);
    for (const text of durable) {
      const exchange = await ask(gateway, text);
      expect(isHit(exchange), text).toBe(true);
      expectRight(provider, text, exchange);
    }
    for (const text of asked) {
      // Alternating by its number, as it was asked.
      const form = Number(text.split('-').at(-1)) % 2 === 0 ? 'body' : 'stream+usage';
      expectRight(provider, text, await ask(gateway, text, form));
    }
    expect(gateway.err).not.toMatch(/damaged/);
  }
}, 180_000);

it('two gateways that start at once on one folder share its secret, and each serves what the other has stored', async () => {
  const provider = await naming();
  const [one, other] = await Promise.all([started(provider), started(provider)]);
  // What arrives while both open the file may be answered without being stored.
  for (const [index, gateway] of [one, other].entries())
    await expect.poll(async () => isHit(await ask(gateway, `first-${index}`))).toBe(true);
  const before = provider.calls;
  const ones = names(30, 'one-');
  const others = names(30, 'other-');
  await Promise.all([
    ...ones.map(async (text) => expectRight(provider, text, await ask(one, text))),
    ...others.map(async (text) => expectRight(provider, text, await ask(other, text))),
  ]);
  const crossed: [GatewayProcess, string[]][] = [
    [other, ones],
    [one, others],
  ];
  for (const [gateway, texts] of crossed) {
    for (const text of texts) {
      const { path, body } = namedQuestion(text);
      const stored = () => gateway.ask(path, body, { 'cache-control': 'only-if-cached' });
      // Writes are batched behind the answers.
      await expect.poll(async () => (await stored()).status).toBe(200);
      const exchange = await stored();
      expect(isHit(exchange)).toBe(true);
      expectRight(provider, text, exchange);
    }
  }
  expect(provider.calls - before).toBe(60);
  const secret = readFileSync(join(dataDir, 'secret'), 'utf8').trim();
  expect(one.err + other.err).not.toContain(secret);
  expect([await one.end('SIGTERM'), await other.end('SIGTERM')].map(({ code }) => code)).toEqual([0, 0]);
}, 60_000);

it('while another process has the file locked each request is answered, stored answers too, and nothing waits for the lock', async () => {
  const provider = await naming();
  const gateway = await startTestGateway(provider.url, { dataDir });
  onTestFinished(() => gateway.remove());
  const before = names(20, 'before-');
  for (const text of before) await ask(gateway, text);
  await gateway.close();
  const second = await startTestGateway(provider.url, { dataDir });
  onTestFinished(() => second.remove());

  const release = await lockedByAnother(join(dataDir, 'askonce.db'));
  onTestFinished(release);
  // The lock is released only after this: a request that waited for it would wait for ever.
  const during = names(200, 'during-');
  const exchanges = await Promise.all(during.map((text) => ask(second, text)));
  for (const [index, text] of during.entries()) {
    const exchange = exchanges[index];
    if (exchange !== undefined) expectRight(provider, text, exchange);
  }
  expect(exchanges).toHaveLength(200);
  for (const text of before)
    expect(cacheStatusHeader(await ask(second, text)), text).toMatch(/detail="(?:sqlite|memory)"/);
  for (const text of during) expect(isHit(await ask(second, text)), text).toBe(true);
  await release();

  expect(provider.calls).toBe(220);
  await ask(second, 'afterwards');
  await second.close();
  const third = await startTestGateway(provider.url, { dataDir });
  onTestFinished(() => third.remove());
  expect(cacheStatusHeader(await ask(third, 'afterwards'))).toContain('detail="sqlite"');
  for (const text of during) expectRight(provider, text, await ask(third, text));
}, 60_000);

it('a stream under way at SIGTERM ends whole, new requests are refused, and the exit code is 0', async () => {
  const gate = Promise.withResolvers<void>();
  const provider = await naming({ pause: () => gate.promise });
  const gateway = await started(provider);
  const { path, body } = namedQuestion('long', 'stream+usage');
  const listener = listen(gateway.url + path, body);
  await listener.receives(20);
  gateway.child.kill('SIGTERM');
  while ((await fetch(`${gateway.url}/healthz`)).status !== 503);
  const refused = await ask(gateway, 'too late');
  expect([refused.status, JSON.parse(refused.body.toString())]).toMatchObject([
    503,
    { error: { code: 'shutting_down' } },
  ]);
  gate.resolve();
  expect((await listener.whole).toString('utf8')).toBe(provider.given('long')[0]);
  expect(await gateway.ended).toEqual({ code: 0, signal: null });
  await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();

  const next = await started(provider);
  const stored = await ask(next, 'long', 'stream+usage');
  expect(isHit(stored)).toBe(true);
  expectRight(provider, 'long', stored);
  expect(existsSync(join(dataDir, 'askonce.db'))).toBe(true);
}, 60_000);
