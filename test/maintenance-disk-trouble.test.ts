/**
 * Maintenance by a gateway that may not write its data folder, or has no room there: a run that changes nothing says so, requests
 * are answered beside it, and the first run on a sound folder completes.
 */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import {
  type GatewayProcess,
  type GatewayProcessOptions,
  running,
  startGatewayProcess,
} from './support/gateway-process.ts';
import { expectRight, namedQuestion, startNamingProvider } from './support/naming-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Root may mount in a name space of its own, which ends with the process. */
const mayMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;
const environment = {
  ASKONCE_SECRET: 'a secret of enough characters',
  ASKONCE_ADMIN_KEY: 'the-key-of-all-admin-calls',
  MAINTENANCE_SCHEDULE: 'off',
};

async function setUp() {
  const provider = await startNamingProvider({ padding: 20_000 });
  onTestFinished(() => provider.close());
  const dataDir = temporaryFolder();
  async function start(options: Partial<GatewayProcessOptions> = {}): Promise<GatewayProcess> {
    const gateway = running(
      await startGatewayProcess({
        ...{ dataDir, provider: provider.url },
        ...options,
        environment: { ...environment, ...options.environment },
      }),
    );
    onTestFinished(async () => {
      await gateway.end('SIGKILL');
    });
    return gateway;
  }
  async function ask(gateway: GatewayProcess, text: string): Promise<void> {
    const { path, body } = namedQuestion(text);
    expectRight(provider, text, await gateway.ask(path, body));
  }
  return { dataDir, start, ask };
}

const maintained = (gateway: GatewayProcess, kinds: readonly string[]) =>
  gateway.admin('POST', '/cache/maintenance', { kinds });

it.skipIf(!mayMount)(
  'a read-only data folder lets no run begin, requests are answered, and the folder is maintained once it may be written',
  async () => {
    const { dataDir, start, ask } = await setUp();
    const first = await start();
    for (const text of ['a', 'b']) await ask(first, text);
    await first.end('SIGTERM');
    const readOnly = await start({
      under: `mount --bind '${dataDir}' '${dataDir}'; mount -o remount,bind,ro '${dataDir}'; exec`,
      unshared: true,
    });
    const run = maintained(readOnly, ['expired', 'low-value']);
    await ask(readOnly, 'c');
    expect((await run).body).toMatchObject({ error: { code: 'maintenance_failed' } });
    expect((await readOnly.admin('GET', '/cache/health')).body).toMatchObject({
      components: { maintenance: { status: 'degraded', lastOutcome: 'failed' } },
    });
    await readOnly.end('SIGTERM');
    const again = await start();
    expect((await maintained(again, ['expired', 'low-value'])).body).toMatchObject({
      outcome: 'complete',
      looked: 2,
      kinds: { 'low-value': { count: 0 } },
    });
  },
  60_000,
);

it.skipIf(!mayMount)(
  'on a full file system a run that could not write counts as failed, one that could as complete, and requests are answered',
  async () => {
    const { dataDir, start, ask } = await setUp();
    const full = await start({
      under: `mount -t tmpfs -o size=1500k tmpfs '${dataDir}'; exec`,
      unshared: true,
    });
    for (let asked = 0; asked < 150; asked++) await ask(full, `q${asked}`);
    const run = maintained(full, ['expired', 'low-value', 'defragment']);
    await ask(full, 'meanwhile');
    const { status, body } = await run;
    const isFailed = status !== 200;
    expect(body).toMatchObject(
      isFailed ? { error: { code: 'maintenance_failed' } } : { outcome: 'complete', complete: true },
    );
    expect((await full.admin('GET', '/cache/maintenance')).body).toMatchObject({
      running: null,
      last: { outcome: isFailed ? 'failed' : 'complete' },
    });
    expect((await full.admin('GET', '/cache/health')).body).toMatchObject({
      components: { maintenance: { status: isFailed ? 'degraded' : 'ok' } },
    });
    for (let asked = 0; asked < 150; asked++) await ask(full, `q${asked}`);
  },
  60_000,
);
