/**
 * `askonce warm` from its options to its summary: through the gateway that runs, or in this process, with the same store.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AskonceError, systemClock } from 'askonce';
import { staying } from 'askonce/gateway-kit';
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
import { type WarmRow, warm } from '../warming/warm.ts';
import { httpAsker, isGateway } from './http-asker.ts';
import { rowsOf } from './rows.ts';
import type { WarmSummary } from './summary.ts';

export interface WarmCommand {
  /** Path of the file; `-` is standard input. */
  readonly file: string;
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly perSecond?: number | undefined;
  readonly dryRun: boolean;
  readonly config?: string | undefined;
  /** Origin of the gateway. Default: that of the settings, if one runs there. */
  readonly url?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Called with what the user should know. */
  readonly say: (line: string) => void;
  /** Called after each question, with the share of the file that is read, if that is known. */
  readonly onProgress: (summary: Omit<WarmSummary, 'state'>, share: number | undefined) => void;
}

/** @throws AskonceError `invalid_request` for the file, `invalid_settings`, `warm_without_key`, `gateway_mismatch` */
export async function runWarm(command: WarmCommand): Promise<WarmSummary> {
  const { dryRun, signal, say, onProgress } = command;
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

async function opened(
  file: string,
): Promise<{ readonly text: AsyncIterable<string>; readonly share: () => number | undefined }> {
  if (file === '-') return { text: process.stdin.setEncoding('utf8'), share: () => undefined };
  const size = await stat(file).catch(() => undefined);
  if (size === undefined)
    throw new AskonceError('invalid_request', `There is no file ${file}; name one, or - .`);
  if (size.isDirectory())
    throw new AskonceError('invalid_request', `${file} is not a file; name a CSV, JSON or JSONL file.`);
  const stream = createReadStream(file, { encoding: 'utf8' });
  return { text: stream, share: () => (size.size === 0 ? undefined : stream.bytesRead / size.size) };
}

async function* requestsIn(
  rows: ReturnType<typeof rowsOf>,
  defaults: WarmDefaults,
  say: (line: string) => void,
): AsyncGenerator<WarmRow, void, undefined> {
  const unknown = new Set<string>();
  for await (const row of rows) {
    const { line: at } = row;
    const read = 'fault' in row ? row : readEntry(row.value, defaults);
    if ('fault' in read) {
      yield { at, fault: read.fault };
      continue;
    }
    for (const name of read.unknown) {
      if (unknown.has(name) || unknown.size >= 20) continue;
      unknown.add(name);
      say(`the field ${name} is unknown and left out; put fields of the provider below request`);
    }
    yield { at, request: read.request };
  }
}

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
