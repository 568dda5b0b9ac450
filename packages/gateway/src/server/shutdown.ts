/**
 * Stops a gateway without cutting anybody off who can still be served in time.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Cache, Clock } from 'askonce';
import type { FastifyInstance } from 'fastify';
import type { Traffic } from '../proxy/traffic.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import type { UnusedConnections } from './connections.ts';

export interface ListeningServer {
  readonly server: Server;
  readonly unused: UnusedConnections;
}

export interface Stoppable {
  /** All that listen. */
  readonly servers: readonly ListeningServer[];
  readonly app: FastifyInstance;
  readonly cache: Cache;
  readonly client: UpstreamClient;
  readonly traffic: Traffic;
  readonly clock: Clock;
  /** For everything together. */
  readonly timeoutMs: number;
}

/** How often connections are looked at that have become idle. */
const idleCheckMs = 25;

/** What keeping the last answers gets where replies took all the time there was. */
const leastKeepingMs = 2_000;

/**
 * While replies are under way the server goes on listening, and says 503 to whoever comes: a load balancer that
 * asks for its health must hear that, and not a refused connection. Then the connections go, then the cache.
 */
export async function shutDown({
  servers,
  app,
  cache,
  client,
  traffic,
  clock,
  timeoutMs,
}: Stoppable): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs;
  const remaining = () => Math.max(0, deadline - clock.monotonic());
  await withinTime(traffic.drain(), clock, remaining());
  await Promise.all(servers.map((one) => closeConnections(one, clock, remaining())));
  await app.close();
  // Another process may hold the file locked for as long as it likes.
  await withinTime(cache.close(remaining()), clock, Math.max(remaining(), leastKeepingMs));
  await client.close();
}

async function closeConnections(
  { server, unused }: ListeningServer,
  clock: Clock,
  ms: number,
): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  let cancelCheck = () => {};
  const check = () => {
    server.closeIdleConnections();
    unused.close();
    cancelCheck = clock.schedule(check, idleCheckMs);
  };
  check();
  await withinTime(closed, clock, ms);
  cancelCheck();
  server.closeAllConnections();
}

async function withinTime(work: Promise<unknown>, clock: Clock, ms: number): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const cancel = clock.schedule(resolve, ms);
  await Promise.race([work, timeUp]);
  cancel();
}
