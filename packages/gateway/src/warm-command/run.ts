/**
 * `askonce warm` from its options to its summary: through the gateway that runs, or in this process, with the same store.
 */
import { AskonceError, systemClock } from 'askonce';
import { staying, type WarmRow } from 'askonce/gateway-kit';
import { loadPricing } from 'askonce/ledger';
import { openCachedParts } from '../cached-parts.ts';
import { openAccounting } from '../ledger/accounting.ts';
import { pricingOptions } from '../ledger/prices.ts';
import { createLog } from '../log/log.ts';
import { addressText } from '../settings/address.ts';
import { defaultDataFolder, openDataFolder } from '../settings/data-folder.ts';
import { type GatewayConfiguration, readConfiguration } from '../settings/read.ts';
import { storedSecret } from '../settings/secret.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { createDirectory } from '../upstream/directory.ts';
import { upstreamProvider } from '../upstream/provider.ts';
import type { Asker } from '../warming/asker.ts';
import { cacheAsker } from '../warming/cache-asker.ts';
import { costs } from '../warming/cost.ts';
import { warmDefaults } from '../warming/defaults.ts';
import { readEntry, type WarmDefaults } from '../warming/entry.ts';
import { warmKeys } from '../warming/keys.ts';
import type { WarmRequest } from '../warming/request.ts';
import { warm } from '../warming/warm.ts';
import type { WarmCommand } from './command.ts';
import { opened } from './file.ts';
import { httpAsker, isGateway } from './http-asker.ts';
import { rowsOf } from './rows.ts';
import type { WarmSummary } from './summary.ts';
import { unknownFields } from './unknown-fields.ts';

/** @throws AskonceError `invalid_request` for the file, `invalid_settings`, `warm_without_key`, `gateway_mismatch` */
export async function runWarm(command: WarmCommand): Promise<WarmSummary> {
  const { dryRun, signal, say, onProgress, application } = command;
  if (application !== undefined) {
    const { warmApplication } = await import('./routes.ts');
    return await warmApplication(command, application);
  }
  const { text, share } = await opened(command.file);
  const configuration = readConfiguration({
    config: command.config,
    environment: withoutGateway(command),
    options: { warmConcurrency: command.concurrency, warmPerSecond: command.perSecond },
  });
  const { settings } = configuration;
  const place = await placeOf(command, configuration);
  say(`warming ${place.name}`);
  const defaults: WarmDefaults = {
    ...warmDefaults(settings),
    ...(command.model !== undefined && { model: command.model }),
    system: command.system,
  };
  try {
    const run = warm({
      rows: requestsIn(rowsOf(text), defaults, say),
      ...{ asker: place.asker, clock: systemClock, dryRun, signal },
      ...{ concurrency: settings.warmConcurrency, perSecond: settings.warmPerSecond },
      costOf: costs(() => loadPricing(pricingOptions(configuration)), systemClock),
      onProgress: (_, figures) => onProgress(figures(), share()),
    });
    const end = await staying(run.ended);
    return { ...run.figures(), ...end };
  } finally {
    await place.close();
  }
}

/** The variables by which clients find the gateway must not make it its own provider. */
function withoutGateway({ environment, url }: WarmCommand): WarmCommand['environment'] {
  if (url === undefined) return environment;
  const { OPENAI_BASE_URL: _openai, ANTHROPIC_BASE_URL: _anthropic, ...rest } = environment;
  return rest;
}

async function* requestsIn(
  rows: ReturnType<typeof rowsOf>,
  defaults: WarmDefaults,
  say: (line: string) => void,
): AsyncGenerator<WarmRow<WarmRequest>, void, undefined> {
  const unknown = unknownFields(say, 'is unknown and left out; put fields of the provider below request');
  for await (const row of rows) {
    const { line: at } = row;
    const read = 'fault' in row ? row : isRoute(row.value) ? ofApplication : readEntry(row.value, defaults);
    if ('fault' in read) yield { at, fault: read.fault };
    else {
      unknown.met(read.unknown);
      yield { at, request: read.request };
    }
  }
}

function isRoute(value: unknown): boolean {
  const names = Object.keys(Object(value));
  return names.includes('url') && !names.includes('question') && !names.includes('messages');
}

const ofApplication = {
  fault: 'url: is for routes of an application; name its address by --application',
} as const;

interface Place {
  readonly name: string;
  readonly asker: Asker;
  close(): Promise<void>;
}

async function placeOf(
  { url, environment, say }: WarmCommand,
  configuration: GatewayConfiguration,
): Promise<Place> {
  const { settings } = configuration;
  const directory = createDirectory(settings);
  const keys = warmKeys(settings, directory);
  const at = url === undefined ? ownUrl(settings) : new URL(url).origin;
  if (await isGateway(at)) {
    if (settings.scope === 'shared' && !settings.trustHeaders)
      say(
        'categories and tags are left out: on a shared scope a gateway takes them only with trustHeaders; POST /cache/warm has them',
      );
    return {
      name: `through the gateway at ${at}`,
      asker: httpAsker({ url: at, keys, directory }),
      close: async () => {},
    };
  }
  if (url !== undefined)
    throw new AskonceError(
      'gateway_unreachable',
      `No gateway answers at ${at}; start it, or leave out --url.`,
    );
  return await inProcess(configuration, environment);
}

function ownUrl({ host, port }: GatewaySettings): string {
  const isAny = host === '0.0.0.0' || host === '::';
  return `http://${addressText({ host: isAny ? '127.0.0.1' : host, port })}`;
}

async function inProcess(
  { settings, sourceOf }: GatewayConfiguration,
  environment: WarmCommand['environment'],
): Promise<Place> {
  const folder = openDataFolder(settings.dataDir ?? defaultDataFolder(environment), sourceOf('dataDir'));
  const secret = settings.secret ?? storedSecret(folder);
  const clock = systemClock;
  const log = createLog({ level: 'silent', bodies: false, clock });
  const places = { settings, sourceOf, folder, secret, clock, log, thread: undefined };
  const { cacheLedger } = openAccounting(places);
  const { cache, client } = await openCachedParts({ ...places, observe: () => {}, ledger: cacheLedger });
  const directory = createDirectory(settings);
  return {
    name: `the store of ${folder} (no gateway runs with these settings)`,
    asker: cacheAsker({
      ...{ cache, keys: warmKeys(settings, directory) },
      routing: { directory, requestCacheControl: settings.requestCacheControl },
      providerOf: (upstream) => upstreamProvider(upstream, client),
    }),
    async close() {
      await cache.close();
      await client.close();
    },
  };
}
