/**
 * Assembles a gateway from its settings: data folder, stores, cache, providers, servers.
 */
import { type Clock, type Observer, type Provider, systemClock } from 'askonce';
import { toAll } from 'askonce/gateway-kit';
import type { SharedThread } from 'askonce/sqlite';
import type { DestinationStream } from 'pino';
import { openAccess } from './admin/access.ts';
import { auditing } from './admin/audit.ts';
import type { AdminContextOptions } from './admin/context.ts';
import type { EventFeed } from './admin/events/feed.ts';
import { feedbackCalls } from './admin/feedback.ts';
import { keyRing } from './admin/keys.ts';
import type { AdminCalls, AdminOptions } from './admin/listener.ts';
import type { TokensOptions } from './admin/open-tokens.ts';
import { scrapeHandler } from './admin/scrape.ts';
import { subscriptionCalls } from './admin/subscription.ts';
import type { TokenCheck } from './admin/tokens.ts';
import { type CachedParts, openCachedParts } from './cached-parts.ts';
import type { Capture, CaptureOptions } from './capture/capture.ts';
import { type Accounting, openAccounting } from './ledger/accounting.ts';
import type { AuditFile, AuditFileOptions } from './log/audit-file.ts';
import { createLog, type GatewayLog } from './log/log.ts';
import { loggingObserver } from './log/observer.ts';
import { maintenanceSchedule } from './maintenance/schedule.ts';
import { type Counting, type Metrics, openCounting, openMetrics } from './metrics/metrics.ts';
import { unreported } from './metrics/replies.ts';
import { type ProxyContext, traffic } from './proxy/context.ts';
import { configuredFallback } from './proxy/fallback.ts';
import { clientAddresses } from './security/client-address.ts';
import { semanticLines } from './semantic/start-lines.ts';
import { type Gateway, serve } from './server/serve.ts';
import { hasAccess, hasTokens, keysIn } from './settings/access.ts';
import { defaultDataFolder, openDataFolder } from './settings/data-folder.ts';
import type { GatewayConfiguration } from './settings/read.ts';
import { storedSecret } from './settings/secret.ts';
import type { GatewaySettings } from './settings/table.ts';
import type { Environment } from './settings/variables.ts';
import type { GatewayTracing } from './tracing/contract.ts';
import type { UpstreamClient } from './upstream/client.ts';
import { createDirectory, type Upstream } from './upstream/directory.ts';
import { upstreamProvider } from './upstream/provider.ts';
import type { Warming, WarmingOptions } from './warming/warming.ts';

export interface AssemblyOptions extends GatewayConfiguration {
  /** Environment variables, of which only the place of a data folder is read here. */
  readonly environment: Environment;
  /** Writes the files of the cache and of the ledger, and looks up prices; undefined if the cache is in Redis. */
  readonly thread: SharedThread | undefined;
  readonly clock?: Clock | undefined;
  /** Receives every event of the cache. What it throws or rejects with is dropped. */
  readonly observe?: Observer | undefined;
  /** Destination of log lines. Default: stderr. */
  readonly logTo?: DestinationStream | undefined;
}

/** @throws AskonceError `invalid_settings`, one line that names what is wrong. */
export async function assemble(options: AssemblyOptions): Promise<Gateway> {
  const { settings, sourceOf, warnings, environment, thread } = options;
  const clock = options.clock ?? systemClock;
  const log = createLog({
    level: settings.logLevel,
    bodies: settings.logBodies,
    clock,
    destination: options.logTo,
  });
  for (const warning of warnings) log.warn(warning);
  const folder = openDataFolder(settings.dataDir ?? defaultDataFolder(environment), sourceOf('dataDir'));
  const secret = settings.secret ?? storedSecret(folder);
  const capture = await captureOf({ settings, source: sourceOf('capture'), clock, log });
  const tracing = await tracingOf({ settings, clock, log });
  const counting = settings.metrics === 'off' ? undefined : openCounting(clock, tracing?.cache.spanOf);
  const events = hasAccess(settings) ? await feedOf(clock) : undefined;
  const observers = [counting?.observe, loggingObserver(log), log.observe, events?.observe, options.observe];
  const observe = toAll(observers.filter((one) => one !== undefined));
  const places = { settings, sourceOf, folder, secret, clock, log, thread };
  const accounting = openAccounting(places);
  const ledger = accounting.cacheLedger;
  const { timed } = counting ?? {};
  const parts = await openCachedParts({ ...places, observe, ledger, timed, tracing: tracing?.cache });
  const { cache, stores, client, semantic } = parts;
  const proxy: ProxyContext = {
    cache,
    clock,
    log,
    ...upstreams(settings, client),
    fallback: configuredFallback(settings.fallbacks),
    replies: counting?.replies ?? unreported,
    traffic: traffic(),
    trustsHeaders: settings.scope !== 'shared' || settings.trustHeaders,
    requestCacheControl: settings.requestCacheControl,
    bodyLimit: settings.bodyLimit,
    requestTimeoutMs: settings.requestTimeoutMs,
    capture,
    maintenance: maintenanceSchedule({
      ...{ cache, clock, log },
      pattern: settings.maintenanceSchedule,
      timeZone: settings.maintenanceTimeZone,
    }),
    tracing,
  };
  const clientAddress = clientAddresses(settings.trustedProxies);
  const tokens = await tokensOf({ settings, client, clock, log });
  const rate = { burst: settings.adminBurst, everyMs: 1000 / settings.adminRate };
  const access = hasAccess(settings)
    ? openAccess({ keys: keyRing(keysIn(settings)), tokens, rate, clientAddress, clock })
    : undefined;
  const auditFile = access && (await auditFileOf({ settings, folder, clock, log }));
  const audit = auditing(log, auditFile);
  const metrics = counting && metricsOf(counting, { ...accounting, ...parts, clock });
  const jobs = warmingJobs({
    ...{ settings, cache, clock, log, routing: proxy, providerOf: proxy.providerOf },
    pricing: accounting.pricing,
    counted: (outcome) => counting?.figures.warmed.add(outcome),
  });
  const warming = jobs.open;
  const admin =
    access &&
    (await adminOf(access, {
      ...{ cache, stores, accounting, metrics, audit, auditFile, secret, events, proxy, warming },
    }));
  const feedback = feedbackCalls({ cache, access, clientAddress, audit, proxy });
  const subscription = subscriptionCalls({ cache, clientAddress, proxy });
  const scrape =
    metrics && scrapeHandler({ metrics, access: settings.metrics === 'key' ? access : undefined, proxy });
  const gateway = await serve(
    settings,
    proxy,
    { admin, feedback, subscription, scrape, auditFile },
    {
      sourceOf,
      dataFolder: folder,
      notes: semanticLines(settings, semantic),
    },
  );
  return {
    ...gateway,
    close() {
      // The questions that jobs have asked are waited for like those of clients.
      void jobs.close();
      return gateway.close();
    },
  };
}

/** Jobs that warm the cache, loaded with the first call about one. */
function warmingJobs(options: WarmingOptions) {
  let opened: Promise<Warming> | undefined;
  async function load(): Promise<Warming> {
    const { openWarming } = await import('./warming/warming.ts');
    return openWarming(options);
  }
  return {
    open(): Promise<Warming> {
      opened ??= load();
      return opened;
    },
    async close(): Promise<void> {
      await (await opened)?.close();
    },
  };
}

// What most gateways do without is loaded only where the settings ask for it.

async function captureOf(options: CaptureOptions): Promise<Capture | undefined> {
  if (options.settings.capture === undefined) return undefined;
  const { openCapture } = await import('./capture/capture.ts');
  return await openCapture(options);
}

async function tracingOf(places: {
  readonly settings: GatewaySettings;
  readonly clock: Clock;
  readonly log: GatewayLog;
}): Promise<GatewayTracing | undefined> {
  const { traces, otelSdkDisabled } = places.settings;
  if (traces === 'off' || otelSdkDisabled) return undefined;
  const { openTracing } = await import('./tracing/open.ts');
  return openTracing(places);
}

async function tokensOf(options: TokensOptions): Promise<TokenCheck | undefined> {
  if (!hasTokens(options.settings)) return undefined;
  const { openTokens } = await import('./admin/open-tokens.ts');
  return openTokens(options);
}

async function auditFileOf({
  settings: { auditFiles: files, auditMaxBytes: maxBytes },
  ...places
}: Pick<AuditFileOptions, 'folder' | 'clock' | 'log'> & {
  readonly settings: GatewaySettings;
}): Promise<AuditFile | undefined> {
  if (files === 0) return undefined;
  const { openAuditFile } = await import('./log/audit-file.ts');
  return await openAuditFile({ ...places, files, maxBytes });
}

async function feedOf(clock: Clock): Promise<EventFeed> {
  const { eventFeed } = await import('./admin/events/feed.ts');
  return eventFeed(clock);
}

async function adminOf(access: AdminOptions['access'], options: AdminContextOptions): Promise<AdminCalls> {
  const [{ adminContext }, { adminCalls }] = await Promise.all([
    import('./admin/context.ts'),
    import('./admin/listener.ts'),
  ]);
  return adminCalls({ access, context: adminContext(options), proxy: options.proxy });
}

function metricsOf(
  counting: Counting,
  { accounts, ledger, cache, stores, clock }: Accounting & CachedParts & { readonly clock: Clock },
): Metrics {
  const hasLeases = stores.store.shared?.leases !== undefined;
  return openMetrics({ counting, accounts, ledger, cache, clock, hasLeases });
}

function upstreams(
  settings: GatewaySettings,
  client: UpstreamClient,
): Pick<ProxyContext, 'client' | 'directory' | 'providerOf'> {
  const providers = new Map<Upstream, Provider>();
  return {
    client,
    directory: createDirectory(settings),
    providerOf(upstream) {
      const known = providers.get(upstream) ?? upstreamProvider(upstream, client);
      providers.set(upstream, known);
      return known;
    },
  };
}
