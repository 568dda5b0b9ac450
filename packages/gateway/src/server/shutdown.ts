/**
 * Stops a gateway without cutting off clients that can still be served in time.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Cache, Clock } from 'askonce';
import type { Capture } from '../capture/capture.ts';
import type { AuditFile } from '../log/audit-file.ts';
import type { MaintenanceSchedule } from '../maintenance/schedule.ts';
import type { Traffic } from '../proxy/context.ts';
import type { GatewayTracing } from '../tracing/contract.ts';
import type { UpstreamClient } from '../upstream/client.ts';

export interface ListeningServer {
  readonly server: Server;
  readonly unused: UnusedConnections;
}

export interface Stoppable {
  /** Every listening server. */
  readonly servers: readonly ListeningServer[];
  readonly cache: Cache;
  readonly client: UpstreamClient;
  readonly capture?: Pick<Capture, 'close'> | undefined;
  readonly maintenance?: Pick<MaintenanceSchedule, 'stop'> | undefined;
  readonly tracing?: Pick<GatewayTracing, 'close'> | undefined;
  readonly auditFile?: Pick<AuditFile, 'close'> | undefined;
  readonly traffic: Traffic;
  readonly clock: Clock;
  /** For the whole shutdown. */
  readonly timeoutMs: number;
}

/** Interval at which connections that have become idle are closed. */
const idleCheckMs = 25;

/** Time for storing the last answers if the replies took all of `timeoutMs`. */
const minStoringMs = 2_000;

/**
 * While replies are open the server still listens and answers new requests with 503: a load balancer that asks for its
 * health must get that answer, not a refused connection. Then connections are closed, then the cache.
 */
export async function shutDown({
  servers,
  cache,
  client,
  capture,
  maintenance,
  tracing,
  auditFile,
  traffic,
  clock,
  timeoutMs,
}: Stoppable): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs;
  const remaining = () => Math.max(0, deadline - clock.monotonic());
  // A run takes minutes, and its caller is answered with what it has done so far.
  maintenance?.stop();
  await withinTime(traffic.drain(), clock, remaining());
  await Promise.all(servers.map((one) => closeConnections(one, clock, remaining())));
  // Before the cache, which may take all the time that is left.
  for (const file of [capture, auditFile])
    if (file !== undefined) await withinTime(file.close(), clock, Math.max(remaining(), minStoringMs));
  // Another process may hold the file locked for any time.
  await withinTime(cache.close(remaining()), clock, Math.max(remaining(), minStoringMs));
  // After the cache, whose last flights end spans.
  await tracing?.close(Math.max(remaining(), minStoringMs));
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

export interface UnusedConnections {
  /** Closes the connections over which no byte has come so far. */
  close(): void;
}

/**
 * Watches for connections over which no byte comes: clients open some in advance, and node:http does not count them as
 * idle. Call it before the server listens.
 */
export function unusedConnections(server: Server): UnusedConnections {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    close() {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}
