/**
 * Warming by admin calls: entries become requests, which a job then asks with the gateway's own keys.
 */
import { setImmediate } from 'node:timers/promises';
import { AskonceError, type Cache, type Clock, type Provider } from 'askonce';
import type { WarmOutcome } from 'askonce/gateway-kit';
import type { Pricing } from 'askonce/ledger';
import type { GatewayLog } from '../log/log.ts';
import type { ProxyContext } from '../proxy/context.ts';
import type { GatewaySettings } from '../settings/table.ts';
import type { Upstream } from '../upstream/directory.ts';
import { cacheAsker } from './cache-asker.ts';
import { costs } from './cost.ts';
import { warmDefaults } from './defaults.ts';
import { readEntry } from './entry.ts';
import { type WarmJob, type WarmJobs, warmJobs } from './jobs.ts';
import { warmKeys } from './keys.ts';
import type { WarmRequest } from './request.ts';

export interface Warming extends Omit<WarmJobs, 'begin'> {
  /**
   * Starts a job. @throws AskonceError `invalid_request` for a wrong entry, `warm_without_key` if the gateway has no key for a
   * provider, `warm_limited`, `shutting_down`
   */
  begin(entries: readonly unknown[]): Promise<WarmJob>;
}

export interface WarmingOptions {
  readonly settings: GatewaySettings;
  readonly cache: Pick<Cache, 'ask' | 'explain'>;
  readonly routing: Pick<ProxyContext, 'directory' | 'requestCacheControl'>;
  readonly providerOf: (upstream: Upstream) => Provider;
  readonly clock: Clock;
  readonly log: Pick<GatewayLog, 'info'>;
  readonly pricing: () => Promise<Pricing>;
  /** Counts questions by their outcome. Default: they are not counted. */
  readonly counted?: ((outcome: WarmOutcome) => void) | undefined;
}

export function openWarming(options: WarmingOptions): Warming {
  const { settings, routing, clock, log, counted = () => {} } = options;
  const keys = warmKeys(settings, routing.directory);
  const jobs = warmJobs({
    asker: cacheAsker({ ...options, keys }),
    costOf: costs(options.pricing, clock),
    clock,
    concurrency: settings.warmConcurrency,
    perSecond: settings.warmPerSecond,
    counted,
    ended: (job) => log.info(lineOf(job)),
  });
  const defaults = warmDefaults(settings);

  function requestOf(entry: unknown, at: number): WarmRequest {
    const read = readEntry(entry, defaults);
    if ('fault' in read) throw wrong(at, read.fault);
    const [unknown] = read.unknown;
    if (unknown !== undefined)
      throw wrong(at, `${unknown}: is unknown; put fields of the provider below request`);
    const credential = keys.headersFor(read.request);
    if (typeof credential === 'string')
      throw new AskonceError('warm_without_key', `Nothing was asked: ${credential} at the gateway.`);
    return read.request;
  }

  async function begin(entries: readonly unknown[]): Promise<WarmJob> {
    const requests: WarmRequest[] = [];
    for (const [at, entry] of entries.entries()) {
      requests.push(requestOf(entry, at));
      if (requests.length % entriesATurn === 0) await setImmediate();
    }
    return jobs.begin(requests);
  }

  return { ...jobs, begin };
}

/** Entries that are read without a pause, in a few milliseconds: other requests wait for no longer than that. */
const entriesATurn = 32;

function wrong(at: number, fault: string): AskonceError {
  return new AskonceError('invalid_request', `The call is wrong: entries.${at}: ${fault}.`);
}

/** No text of a question is logged. */
function lineOf({ state, reason, figures: { skipped, created, failed, cost } }: WarmJob): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  return `warming ${state}${why}: ${created} created, ${skipped} skipped, ${failed} failed, $${cost.toFixed(4)}`;
}
