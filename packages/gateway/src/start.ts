/**
 * Starts a gateway: settings, data folder, stores, cache, providers, server.
 */
import { type Cache, type Clock, createCache, type Observer, type Provider, systemClock } from 'askonce';
import type { DestinationStream } from 'pino';
import { openStore } from './kept-store.ts';
import { listen } from './listen.ts';
import { createLog, type GatewayLog } from './log/log.ts';
import { loggingObserver } from './log/observer.ts';
import type { Gate } from './routes/gate.ts';
import { Traffic } from './routes/traffic.ts';
import { createGatewayServer } from './server.ts';
import { defaultDataFolder, openDataFolder } from './settings/data-folder.ts';
import { libraryPart, readGatewaySettings } from './settings/read.ts';
import { keptSecret } from './settings/secret.ts';
import type { GatewaySettings, GatewaySettingsInput } from './settings/table.ts';
import { shutDown } from './shutdown.ts';
import { UnusedConnections } from './unused-connections.ts';
import { createUpstreamClient } from './upstream/client.ts';
import { createDirectory, type Upstream } from './upstream/directory.ts';
import { upstreamProvider } from './upstream/provider.ts';

export interface GatewayOptions {
  /** Any part of the settings; go before the environment and the file. */
  readonly settings?: GatewaySettingsInput | undefined;
  /** Environment variables. Default: none; the command line gives the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** A settings file; goes before `ASKONCE_CONFIG`. */
  readonly config?: string | undefined;
  /** Where a settings file is looked for if none is named. Default: the process's working directory. */
  readonly workingDirectory?: string | undefined;
  readonly clock?: Clock | undefined;
  /** Told of everything that happens in the cache. What it throws or rejects with is dropped. */
  readonly observe?: Observer | undefined;
  /** Where log lines go. Default: stderr. */
  readonly logTo?: DestinationStream | undefined;
}

export interface Gateway {
  /** Origin of the gateway: `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly settings: GatewaySettings;
  /** Takes no new requests, lets replies end (at most `shutdownTimeoutMs`), keeps what is to be kept. */
  close(): Promise<void>;
}

/** @throws AskonceError `invalid_settings`, one line that names what is wrong. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const environment = options.environment ?? {};
  const settings = readGatewaySettings({ ...options, options: options.settings, environment });
  const clock = options.clock ?? systemClock;
  const log = createLog({
    level: settings.logLevel,
    bodies: settings.logBodies,
    clock,
    destination: options.logTo,
  });
  const folder = openDataFolder(settings.dataDir ?? defaultDataFolder(environment));
  const secret = settings.secret ?? keptSecret(folder);
  const observe = both(loggingObserver(log), options.observe);
  const cache = createCache({
    settings: { ...libraryPart(settings), secret },
    store: await openStore({ settings, folder, clock, log, observe }),
    clock,
    observe,
  });
  return await serve(settings, cache, clock, log);
}

async function serve(
  settings: GatewaySettings,
  cache: Cache,
  clock: Clock,
  log: GatewayLog,
): Promise<Gateway> {
  const client = createUpstreamClient(settings);
  const providers = new Map<Upstream, Provider>();
  const gate: Gate = {
    cache,
    client,
    clock,
    log,
    directory: createDirectory(settings),
    traffic: new Traffic(),
    heedsAll: settings.scope !== 'shared' || settings.trustHeaders,
    bodyLimit: settings.bodyLimit,
    requestTimeoutMs: settings.requestTimeoutMs,
    providerOf(upstream) {
      const known = providers.get(upstream) ?? upstreamProvider(upstream, client);
      providers.set(upstream, known);
      return known;
    },
  };
  const { server, app } = await createGatewayServer(settings, gate);
  const unused = new UnusedConnections(server);
  const stop = () =>
    shutDown({
      server,
      app,
      unused,
      cache,
      client,
      traffic: gate.traffic,
      clock,
      timeoutMs: settings.shutdownTimeoutMs,
    });
  let url: string;
  try {
    url = await listen(server, settings.host, settings.port);
  } catch (error) {
    await stop();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    url,
    settings,
    close() {
      stopping ??= stop().finally(() => log.flush());
      return stopping;
    },
  };
}

function both(first: Observer, second: Observer | undefined): Observer {
  if (second === undefined) return first;
  return (event) => {
    first(event);
    // With what it returns, a promise perhaps, whose failure is then dropped where that of a throw is.
    return second(event);
  };
}
