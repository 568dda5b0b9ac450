/**
 * Has the servers listen, and stops them.
 */
import type { Server } from 'node:http';
import type { AdminListener } from '../admin/listener.ts';
import { createAdminServer } from '../admin/server.ts';
import type { Gate } from '../proxy/gate.ts';
import { isLoopback } from '../security/host.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { UnusedConnections } from './connections.ts';
import { listen } from './listen.ts';
import { createGatewayServer } from './server.ts';
import { type ListeningServer, shutDown } from './shutdown.ts';

export interface Gateway {
  /** Origin of the gateway: `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Origin of the admin calls' own address, where they have one (`adminListen`). */
  readonly adminUrl: string | undefined;
  readonly settings: GatewaySettings;
  /** Takes no new requests, lets replies end (at most `shutdownTimeoutMs`), keeps what is to be kept. */
  close(): Promise<void>;
}

/** @throws AskonceError `invalid_settings` where an address cannot be listened on. */
export async function serve(
  settings: GatewaySettings,
  gate: Gate,
  admin: AdminListener | undefined,
): Promise<Gateway> {
  const { adminListen } = settings;
  // Elsewhere whoever reaches the gateway would reach the admin calls, too.
  const onPublicPort = isLoopback(settings.host) ? admin : undefined;
  tellWhereAdminIs(settings, gate);
  const { server, app } = await createGatewayServer(settings, gate, onPublicPort);
  const servers: ListeningServer[] = [watched(server)];
  const stop = () => shutDown({ ...gate, servers, app, timeoutMs: settings.shutdownTimeoutMs });
  let url: string;
  let adminUrl: string | undefined;
  try {
    url = await listen(server, settings);
    if (admin !== undefined && adminListen !== undefined) {
      const own = createAdminServer(settings, adminListen.host, gate, admin);
      servers.push(watched(own));
      adminUrl = await listen(own, adminListen, { host: 'adminListen', port: 'adminListen' });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    url,
    adminUrl,
    settings,
    close() {
      stopping ??= stop().finally(() => gate.log.flush());
      return stopping;
    },
  };
}

function watched(server: Server): ListeningServer {
  return { server, unused: new UnusedConnections(server) };
}

function tellWhereAdminIs({ adminKey, adminListen, host }: GatewaySettings, { log }: Gate): void {
  if (adminKey === undefined && adminListen !== undefined)
    log.warn('there are no admin calls: adminListen (ASKONCE_ADMIN_LISTEN) is set, but adminKey is not');
  if (adminKey !== undefined && adminListen === undefined && !isLoopback(host))
    log.warn(
      'there are no admin calls: the gateway listens beyond this machine, and adminListen (ASKONCE_ADMIN_LISTEN) gives them no address of their own',
    );
}
