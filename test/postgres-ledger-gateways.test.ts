/** Gateways as users run them, with one ledger in PostgreSQL that is away, comes, crashes and hangs while they answer. */
import { expect, it, onTestFinished } from 'vitest';
import { cacheStatusHeader } from './support/gateway.ts';
import { startFleet } from './support/gateway-process.ts';
import { startPostgres } from './support/postgres-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { describeWithService } from './support/service-suites.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describeWithService('postgres', 'gateways with a ledger in PostgreSQL', () => {
  it('answer whatever the server does, and in the end each request is counted once', async () => {
    const server = await startPostgres();
    await server.kill();
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
    const fleet = await startFleet({
      provider: provider.url,
      folder: temporaryFolder(),
      shared: {},
      size: 2,
      environment: { DATABASE_URL: server.url },
    });
    for (const { child } of fleet) onTestFinished(() => void child.kill('SIGKILL'));
    const counted = { requests: 0, hits: 0 };

    /** Each gateway gets ten requests, some of which it has been asked before. */
    async function askAll(turn: number): Promise<void> {
      const asked = fleet.flatMap((gateway) =>
        Array.from({ length: 10 }, async (_none, index) => {
          const answer = await gateway.ask(
            '/v1/chat/completions',
            chatRequest(`Question ${turn - (index % 3)}?`),
          );
          expect(answer.status).toBe(200);
          counted.requests += 1;
          if (/^askonce; hit/.test(cacheStatusHeader(answer))) counted.hits += 1;
        }),
      );
      await Promise.all(asked);
    }

    await askAll(1);
    await expect.poll(() => fleet.every(({ err }) => err.includes('ECONNREFUSED'))).toBe(true);
    await server.restart();
    await askAll(2);
    const [, again] = await Promise.all([askAll(3), server.restart().then(() => askAll(4))]);
    expect(again).toBe(undefined);
    server.pause();
    await askAll(5);
    server.resume();
    await askAll(6);

    // A gateway that ends writes what waits.
    for (const gateway of fleet) expect(await gateway.end('SIGTERM')).toMatchObject({ code: 0 });
    expect(counted.hits).toBeGreaterThan(0);
    const [sums] = await server.query(
      'SELECT sum(requests)::int AS requests, sum(hits)::int AS hits FROM cache_statistics',
    );
    expect(sums).toEqual(counted);
    expect(counted.requests).toBe(6 * 2 * 10);
    expect(await server.query('SELECT count(*)::int AS writers FROM ledger_writer')).toEqual([
      { writers: 2 },
    ]);
  }, 60_000);
});
