/**
 * The ledger of a gateway as users run it, when the process is killed, stopped in order, or shares its folder.
 */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sqliteLedger } from '../packages/askonce/src/ledger/kit.ts';
import { type GatewayProcess, running, startGatewayProcess } from './support/gateway-process.ts';
import { namedQuestion, startNamingProvider } from './support/naming-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

async function setUp() {
  const dataDir = temporaryFolder();
  const provider = await startNamingProvider();
  onTestFinished(() => provider.close());
  // As another process reads the file while the gateway writes it.
  const ledger = sqliteLedger({ path: join(dataDir, 'ledger.db') });
  onTestFinished(() => ledger.close());

  async function start(): Promise<GatewayProcess> {
    const gateway = running(await startGatewayProcess({ dataDir, provider: provider.url }));
    onTestFinished(() => void gateway.end('SIGKILL'));
    return gateway;
  }

  async function counts() {
    const [sum] = await ledger.counters({ from: 0, to: Number.MAX_SAFE_INTEGER, where: {}, by: 'protocol' });
    const { requests = 0, hits = 0, misses = 0, shared = 0 } = sum?.counts ?? {};
    return { requests, hits, misses, shared };
  }
  return { provider, start, counts };
}

/** Asks questions, each as often as is said, one after the other. */
async function ask(gateway: GatewayProcess, names: readonly string[], times = 1): Promise<void> {
  for (const name of names) {
    const { path, body } = namedQuestion(name);
    for (let time = 0; time < times; time++) expect((await gateway.ask(path, body)).status).toBe(200);
  }
}

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_none, index) => `${prefix}-${index}`);

it('a gateway that is killed loses what came after its last flush, and one that is stopped loses nothing', async () => {
  const { start, counts } = await setUp();
  const killed = await start();
  await ask(killed, names('first', 5), 4);
  await expect.poll(counts).toEqual({ requests: 20, hits: 15, misses: 5, shared: 0 });
  await ask(killed, names('second', 5), 2);
  await killed.end('SIGKILL');
  const left = await counts();
  expect(left.requests).toBeGreaterThanOrEqual(20);
  expect(left.requests).toBeLessThanOrEqual(30);

  const stopped = await start();
  await ask(stopped, names('third', 3), 3);
  expect(await stopped.end('SIGTERM')).toEqual({ code: 0, signal: null });
  const { requests, hits, misses, shared } = left;
  expect(await counts()).toEqual({ requests: requests + 9, hits: hits + 6, misses: misses + 3, shared });
}, 60_000);

it('two gateways that share a data folder add to one ledger', async () => {
  const { start, counts } = await setUp();
  const gateways = await Promise.all([start(), start()]);
  await Promise.all(gateways.map((gateway, index) => ask(gateway, names(`of ${index}`, 5), 3)));
  for (const gateway of gateways) expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(await counts()).toEqual({ requests: 30, hits: 20, misses: 10, shared: 0 });
}, 60_000);
