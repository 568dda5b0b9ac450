/**
 * Starts the servers, and stops them.
 */
import type { Server } from 'node:http';
import type { FeedbackCalls } from '../admin/feedback.ts';
import type { AdminCalls, AdminHandler } from '../admin/listener.ts';
import type { AuditFile } from '../log/audit-file.ts';
import type { ProxyContext } from '../proxy/context.ts';
import { hasAccess } from '../settings/access.ts';
import { isLoopback } from '../settings/address.ts';
import type { SourceOf } from '../settings/read.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { listen } from './listen.ts';
import { createAdminServer, createGatewayServer } from './server.ts';
import { type ListeningServer, shutDown, unusedConnections } from './shutdown.ts';

export interface Gateway {
  /** Origin of the gateway: `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Origin of the admin calls' own address, if they have one (`adminListen`). */
  readonly adminUrl: string | undefined;
  readonly settings: GatewaySettings;
  /** Where the stored answers and the secret are. */
  readonly dataFolder: string;
  /** What an operator should know of its parts at the start, a line each. */
  readonly notes: readonly string[];
  /** Refuses new requests, lets replies end (for at most `shutdownTimeoutMs`), and stores the last answers. */
  close(): Promise<void>;
}

/** Where the settings are from, where the data are, and what is said of the parts. */
export interface ServedFrom {
  readonly sourceOf: SourceOf;
  readonly dataFolder: string;
  readonly notes: readonly string[];
}

/** What is served beside the proxy. */
export interface ServedCalls {
  readonly admin: AdminCalls | undefined;
  readonly feedback: FeedbackCalls;
  /** Serves answers by their keys, on the main port. */
  readonly subscription: AdminHandler;
  /** Serves the metrics; undefined if they are turned off. */
  readonly scrape: AdminHandler | undefined;
  /** The file of the audit log, which is written to its end at the stop. */
  readonly auditFile?: Pick<AuditFile, 'close'> | undefined;
}

/** @throws AskonceError `invalid_settings` if it can't listen on an address. */
export async function serve(
  settings: GatewaySettings,
  proxy: ProxyContext,
  { admin, feedback, subscription, scrape, auditFile }: ServedCalls,
  { sourceOf, dataFolder, notes }: ServedFrom,
): Promise<Gateway> {
  const { adminListen } = settings;
  const listener = isLoopback(settings.host) ? 'loopback' : 'public';
  const onMainPort = {
    admin: admin?.(listener),
    feedback: feedback(listener),
    subscription,
    scrape: listener === 'loopback' ? scrape : undefined,
  };
  const onOwnPort = { admin: admin?.('admin'), feedback: feedback('admin'), scrape };
  const hasOwnPort = onOwnPort.admin !== undefined || scrape !== undefined;
  warnOfAddresses(settings, proxy);
  const server = createGatewayServer(settings, proxy, onMainPort);
  const servers: ListeningServer[] = [watched(server)];
  const stop = () => shutDown({ ...proxy, servers, auditFile, timeoutMs: settings.shutdownTimeoutMs });
  let url: string;
  let adminUrl: string | undefined;
  try {
    url = await listen(server, settings, { host: sourceOf('host'), port: sourceOf('port') });
    if (hasOwnPort && adminListen !== undefined) {
      const own = createAdminServer(settings, adminListen.host, proxy, onOwnPort);
      servers.push(watched(own));
      const source = sourceOf('adminListen');
      adminUrl = await listen(own, adminListen, { host: source, port: source });
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
    dataFolder,
    notes,
    close() {
      stopping ??= stop().finally(() => proxy.log.flush());
      return stopping;
    },
  };
}

function watched(server: Server): ListeningServer {
  return { server, unused: unusedConnections(server) };
}

function warnOfAddresses(settings: GatewaySettings, { log }: ProxyContext): void {
  const { adminListen, host, metrics } = settings;
  const isReachable = hasAccess(settings);
  if (!isReachable && adminListen !== undefined)
    log.warn(
      metrics === 'off'
        ? 'there are no admin calls: adminListen (ASKONCE_ADMIN_LISTEN) is set, but adminKey is not; set both'
        : 'adminListen (ASKONCE_ADMIN_LISTEN) serves metrics and health alone: adminKey (ASKONCE_ADMIN_KEY) is not set; set it to have admin calls',
    );
  if (metrics === 'open' && adminListen !== undefined && !isLoopback(adminListen.host))
    log.warn(
      'adminListen (ASKONCE_ADMIN_LISTEN) serves metrics beyond this machine, to any client that reaches it; set metrics (ASKONCE_METRICS) to key to require the admin key, or to off',
    );
  if (isReachable && adminListen === undefined && !isLoopback(host))
    log.warn(
      'there are no admin calls: the gateway listens beyond this machine; set adminListen (ASKONCE_ADMIN_LISTEN) to give them an address of their own',
    );
}
