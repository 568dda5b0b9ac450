/**
 * The cache of a gateway with the stores and services that its settings name: what is there before anything is served.
 */
import {
  type Cache,
  type CacheLedger,
  type CacheTracing,
  type Clock,
  createCache,
  type Observer,
  type Store,
} from 'askonce';
import { Flags } from 'askonce/gateway-kit';
import type { SharedThread } from 'askonce/sqlite';
import type { GatewayLog } from './log/log.ts';
import { type SemanticServices, type ServicePlaces, semanticServices } from './semantic/services.ts';
import { isAskedFor } from './semantic/start-lines.ts';
import { type GatewayConfiguration, libraryPart } from './settings/read.ts';
import { type GatewayStore, openStore } from './stores/stores.ts';
import { createUpstreamClient, type UpstreamClient } from './upstream/client.ts';

export interface CachedParts {
  readonly cache: Cache;
  readonly stores: GatewayStore;
  /** Calls providers, embedder and verifier. */
  readonly client: UpstreamClient;
  /** Undefined if there is no semantic tier: then nothing of it is loaded. */
  readonly semantic: SemanticServices | undefined;
}

export interface PartsOptions extends Pick<GatewayConfiguration, 'settings' | 'sourceOf'> {
  readonly folder: string;
  readonly secret: string;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly observe: Observer;
  /** Writes the file of the cache. Default: a thread that does nothing else. */
  readonly thread?: SharedThread | undefined;
  /** Default: none. */
  readonly ledger?: CacheLedger | undefined;
  /** Wraps a tier so that its calls are timed. Default: they are not. */
  readonly timed?: ((store: Store) => Store) | undefined;
  /** Traces requests. Default: they are not traced. */
  readonly tracing?: CacheTracing | undefined;
  /** Claims nothing in a shared store. Default false. */
  readonly isCheck?: boolean | undefined;
}

/** @throws AskonceError `invalid_settings`, one line that names what is wrong. */
export async function openCachedParts(options: PartsOptions): Promise<CachedParts> {
  const { settings, secret, clock, observe } = options;
  const flags = new Flags(settings);
  const stores = await openStore({ ...options, flags });
  const client = createUpstreamClient(settings);
  const semantic = await semanticTier({ ...options, client, say: options.log.info, waitMs: localModelMs });
  const cache = createCache({
    settings: { ...libraryPart(settings), secret },
    semantic: semantic && {
      embedder: semantic.embedder,
      verifier: semantic.verifier,
      // A check builds its own index from the store, and leaves what gateways share alone.
      index: options.isCheck === true ? undefined : semantic.index,
    },
    store: stores.store,
    flags,
    clock,
    observe,
    ledger: options.ledger,
    tracing: options.tracing,
  });
  // The tier is loaded before the first question, which need not wait for it then.
  if (semantic !== undefined) await cache.semantic();
  return { cache, stores, client, semantic };
}

/** How long a start waits for a local model, in ms. A model that is pulled takes longer; requests are answered meanwhile. */
const localModelMs = 5_000;

async function semanticTier(places: ServicePlaces): Promise<SemanticServices | undefined> {
  const { settings } = places;
  return isAskedFor(settings) && settings.keepText ? await semanticServices(places) : undefined;
}
